import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/contract.ts'
import { fileCommands } from '../e2e/action.ts'

const path = new URL('../../.github/workflows/promote_stable_images.yaml', import.meta.url)
const text = readFileSync(path, 'utf8')
const workflow = parse(text)
const { workflow_call: call, workflow_dispatch: dispatch } = workflow.on
const { promote } = workflow.jobs
const [read, step] = promote.steps

const folder = mkdtempSync(join(tmpdir(), 'promote-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the step that reads what is to be promoted, as the runner does; gives back its outputs. */
const readOrder = ({ services = 'a', checks = '' }: { services?: string; checks?: string }) => {
  const output = join(folder, 'output')
  writeFileSync(output, '')
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', read.run], {
    env: { PATH: process.env.PATH, SERVICES: services, CHECKS: checks, GITHUB_OUTPUT: output },
  })
  expect(status).toBe(0)
  const outputs = readFileSync(output, 'utf8')
  const { services: named, checks: found } = fileCommands(outputs)
  return { services: named?.split('\n'), checks: found, delimiter: /<<(\S+)/.exec(outputs)?.[1] }
}

const image = `reqmgr2@sha256:${'a'.repeat(64)}`
test.each([
  { given: ' reqmgr2\treqmon, x\r\n\n t0_reqmon ,', services: ['reqmgr2', 'reqmon', 'x', 't0_reqmon'] },
  { given: '[\n  "reqmgr2", "a",\n  "reqmon"\n]\n', services: ['reqmgr2', 'a', 'reqmon'] },
  { given: `${image} reqmon`, services: [image, 'reqmon'] },
  // What is wrong with these, the action says.
  { given: '', services: [''] },
  { given: '* $(id) a;id', services: ['*', '$(id)', 'a;id'] },
])('the services $given', ({ given, services }) => {
  expect(readOrder({ services: given })).toMatchObject({ services })
})

test.each([
  { given: '', checks: '' },
  { given: 'unit / 3.8;testbed (a, b)', checks: 'unit / 3.8\ntestbed (a, b)' },
  { given: '$(id) "x" \\n', checks: '$(id) "x" \\n' },
  { given: 'testbed\n7-checks\nservices=evil', checks: 'testbed\n7-checks\nservices=evil' },
])('the checks $given', ({ given, checks }) => {
  expect(readOrder({ checks: given })).toMatchObject({ services: ['a'], checks })
})

test('nobody knows before what ends an output', () => {
  const delimiters = [1, 2].map(() => readOrder({ checks: 'b' }).delimiter)
  expect(new Set(delimiters.filter(delimiter => /^[0-9a-f-]{36}$/.test(delimiter ?? ''))).size).toBe(2)
})

test('it hands on inputs of action.yml, with their defaults, for both ways to start it', () => {
  expect(step).toMatchObject({ uses: 'dmwm/stable-release-action@v1', with: { command: 'promote' } })
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)))
  const used = Array.from(text.matchAll(/\binputs\.([a-z-]+)/g), ([, name = '']) => name)
  expect(new Set(used)).toEqual(new Set(Object.keys(call.inputs)))
  // By hand, the account is that of the repository.
  expect(Object.keys(dispatch.inputs)).toEqual(Object.keys(call.inputs).filter(name => name !== 'username'))
  for (const { inputs: own } of [call, dispatch]) {
    expect(own.project.default).toBe('cmswmcore')
    for (const name of ['policy', 'checks-timeout'] as const)
      expect(own[name].default).toBe(inputs[name].default)
    expect([own.tag.required, own.services.required]).toEqual([true, true])
  }
  expect(Object.keys(call.secrets)).toEqual(['cern_user', 'cern_token'])
})

test('no expression is inside a shell line, and permissions are the least', () => {
  const scripts = promote.steps.flatMap(({ run = '' }) => run)
  expect(scripts.join('')).not.toContain('${{')
  expect(Object.keys(workflow.jobs)).toEqual(['promote'])
  expect([workflow.permissions, promote.permissions]).toEqual([
    {},
    { contents: 'read', checks: 'read', statuses: 'read' },
  ])
})

test('one git tag is not promoted twice at once', () => {
  expect(promote.concurrency['cancel-in-progress']).toBe(false)
  for (const name of ['registry', 'project', 'tag'])
    expect(promote.concurrency.group).toContain(`\${{ inputs.${name} }}`)
})
