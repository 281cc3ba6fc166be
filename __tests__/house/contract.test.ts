import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { actionSource } from '../../scripts/generate.ts'
import { errorTitles } from '../../src/errors.ts'
import { presets } from '../../src/policy/presets.ts'
import { USER_AGENT, VERSION } from '../../src/version.ts'
import { actionErrors, read } from './github.ts'

const action = parse(read('action.yml'))

test("GitHub's own parser takes action.yml, and no other key", () => {
  expect(actionErrors(read('action.yml'))).toEqual([])
  expect(actionErrors(`${read('action.yml')}\nimports: {}\n`)).not.toEqual([])
})

test('src/action-yml.ts is what `npm run generate` writes', () => {
  expect(read('src/action-yml.ts')).toBe(actionSource(read('action.yml')))
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

test('action.yml names every preset', () => {
  const unnamed = Object.keys(presets).filter(
    name => !action.inputs.policy.description.includes(`\`${name}\``),
  )
  expect(unnamed).toEqual([])
})

test('every error has a name of words, and a title without a full stop', () => {
  const wrong = Object.entries(errorTitles).filter(
    ([name, title]) => !/^[a-z]+(-[a-z]+)*$/.test(name) || title.endsWith('.'),
  )
  expect(wrong).toEqual([])
})
