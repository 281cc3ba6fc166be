import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/action-yml.ts'
import { fileCommands } from '../e2e/action.ts'

const path = new URL('../../.github/workflows/promote_stable_images.yaml', import.meta.url)
const text = readFileSync(path, 'utf8')
const workflow = parse(text)
const { workflow_call: call, ...otherWays } = workflow.on
const { promote } = workflow.jobs
const [read, step] = promote.steps

const folder = mkdtempSync(join(tmpdir(), 'promote-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the step that reads what is to be promoted, as the runner does; gives back its outputs. */
const readOrder = ({ services, checks = '' }: { services: string; checks?: string }) => {
  const output = join(folder, 'output')
  writeFileSync(output, '')
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', read.run], {
    env: { PATH: process.env.PATH, SERVICES: services, CHECKS: checks, GITHUB_OUTPUT: output },
    encoding: 'utf8',
  })
  const text = readFileSync(output, 'utf8')
  const { services: named, checks: found } = fileCommands(text)
  return { status, services: named?.split('\n'), checks: found, delimiter: /<<(\S+)/.exec(text)?.[1] }
}

describe('the services', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  test.each([
    { given: 'reqmgr2', services: ['reqmgr2'] },
    { given: 'reqmgr2, reqmon', services: ['reqmgr2', 'reqmon'] },
    { given: ' reqmgr2\treqmon\r\n\n t0_reqmon ,', services: ['reqmgr2', 'reqmon', 't0_reqmon'] },
    { given: '["reqmgr2", "wmglobalqueue"]', services: ['reqmgr2', 'wmglobalqueue'] },
    { given: '[\n  "reqmgr2",\n  "reqmon"\n]\n', services: ['reqmgr2', 'reqmon'] },
    { given: `reqmgr2@${digest} reqmon`, services: [`reqmgr2@${digest}`, 'reqmon'] },
    // What is wrong with these, the action says.
    { given: '', services: [''] },
    { given: '* $(id) a;id', services: ['*', '$(id)', 'a;id'] },
  ])('$given', ({ given, services }) => {
    expect(readOrder({ services: given })).toMatchObject({ status: 0, services })
  })
})

describe('the checks', () => {
  test.each([
    { given: '', checks: '' },
    { given: 'testbed', checks: 'testbed' },
    { given: 'unit / 3.8;testbed (a, b)', checks: 'unit / 3.8\ntestbed (a, b)' },
    { given: 'unit\ntestbed', checks: 'unit\ntestbed' },
    { given: '$(id) "x" \\n', checks: '$(id) "x" \\n' },
    { given: 'testbed\n7-checks\nservices=evil', checks: 'testbed\n7-checks\nservices=evil' },
  ])('$given', ({ given, checks }) => {
    expect(readOrder({ services: 'a', checks: given })).toMatchObject({ status: 0, services: ['a'], checks })
  })

  test('nobody knows before what ends an output', () => {
    const delimiters = [1, 2].map(() => readOrder({ services: 'a', checks: 'b' }).delimiter)
    expect(delimiters).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/.{36}/)])
    expect(new Set(delimiters).size).toBe(2)
  })
})

describe('what it hands on', () => {
  test('every input of the step is one of action.yml', () => {
    expect(step.uses).toBe('dmwm/stable-release-action@v1')
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)))
    expect(step.with.command).toBe('promote')
  })

  test('every input is used, and only another workflow gives them', () => {
    const used = Array.from(text.matchAll(/\binputs\.([a-z-]+)/g), ([, name = '']) => name)
    expect(new Set(used)).toEqual(new Set(Object.keys(call.inputs)))
    expect(otherWays).toEqual({})
  })

  test("its defaults are WMCore's project, and those of action.yml", () => {
    const own: Record<string, { default?: string; required?: boolean }> = call.inputs
    expect(own.project?.default).toBe('cmswmcore')
    for (const name of ['policy', 'checks-timeout'] as const) {
      expect(own[name]?.default).toBe(inputs[name].default)
    }
    expect([own.tag?.required, own.services?.required]).toEqual([true, true])
  })

  test('somebody has looked at what is given by its digest, unless the caller says no', () => {
    expect(call.inputs['looked-at'].default).toBe(true)
    expect(step.env.STABLE_RELEASE_LOOKED_AT).toBe(['${', '{ inputs.looked-at }}'].join(''))
  })

  test('the names of secrets are those that WMCore passes', () => {
    expect(Object.keys(call.secrets)).toEqual(['cern_user', 'cern_token'])
    expect(step.with.password).toMatch(/^\$\{\{ secrets\.cern_token \}\}$/)
  })
})

test('no expression is inside a shell line', () => {
  const scripts = Object.values<{ steps: { run?: string }[] }>(workflow.jobs).flatMap(job =>
    job.steps.flatMap(({ run }) => run ?? []),
  )
  expect(scripts).toHaveLength(1)
  expect(scripts.filter(script => script.includes('${{'))).toEqual([])
})

test('permissions are the least, and one git tag is not promoted twice at once', () => {
  expect(workflow.permissions).toEqual({})
  expect(Object.keys(workflow.jobs)).toEqual(['promote'])
  expect(promote.permissions).toEqual({ contents: 'read', checks: 'read', statuses: 'read' })
  expect(promote.concurrency['cancel-in-progress']).toBe(false)
  for (const name of ['registry', 'project', 'tag']) {
    expect(promote.concurrency.group).toContain(`\${{ inputs.${name} }}`)
  }
})
