import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { contractSource } from '../../scripts/contract.ts'
import { errorTitles } from '../../src/errors.ts'
import { presets } from '../../src/policy/presets.ts'
import { outputsOf } from '../../src/report/outputs.ts'
import { USER_AGENT, VERSION } from '../../src/version.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const action = parse(read('action.yml'))

test('src/contract.ts is what `npm run generate` writes', () => {
  expect(read('src/contract.ts')).toBe(contractSource(read('action.yml')))
})

test('the outputs that are set are those that action.yml declares', () => {
  const result = {
    command: 'plan',
    gitTag: '1.0.0',
    rule: 'final',
    reason: '',
    services: [
      {
        service: 'reqmgr2',
        image: 'ghcr.io/dmwm/reqmgr2',
        tags: [
          {
            tag: '1.0.0',
            reference: 'ghcr.io/dmwm/reqmgr2:1.0.0',
            stable: false,
            moving: false,
            outcome: 'planned',
          },
        ],
        digest: undefined,
      },
    ],
  } as const
  expect(Object.keys(outputsOf(result)).sort()).toEqual(Object.keys(action.outputs).sort())
})

test('every input and every output is described, and has no default that is not a text', () => {
  const entries = Object.entries<{ description?: string; default?: unknown }>({
    ...action.inputs,
    ...action.outputs,
  })
  const undescribed = entries.filter(([, { description = '' }]) => !/[.`]$/.test(description.trim()))
  const otherwise = entries.filter(([, { default: value = '' }]) => typeof value !== 'string')
  expect([undescribed, otherwise]).toEqual([[], []])
})

test('the version is that of package.json, and is what servers see', () => {
  expect(VERSION).toBe(JSON.parse(read('package.json')).version)
  expect(USER_AGENT).toContain(`/${VERSION} `)
})

test.each(Object.keys(presets))('action.yml names the preset %s', name => {
  expect(action.inputs.policy.description).toContain(`\`${name}\``)
})

test.each(Object.entries(errorTitles))(
  'the error %s: a name, and a title without a full stop',
  (name, title) => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(title).toMatch(/[^.]$/)
  },
)
