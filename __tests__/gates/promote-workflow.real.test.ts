import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/contract.ts'

const path = new URL('../../.github/workflows/promote_stable_images.yaml', import.meta.url)
const text = readFileSync(path, 'utf8')
const workflow = parse(text)
const { workflow_call: call, workflow_dispatch: dispatch } = workflow.on
const { read, promote } = workflow.jobs

const folder = mkdtempSync(join(tmpdir(), 'promote-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the step that reads the order, as the runner does; gives back its outputs. */
const readOrder = ({
  services,
  digest = '',
  checks = '',
}: {
  services: string
  digest?: string
  checks?: string
}) => {
  const output = join(folder, 'output')
  writeFileSync(output, '')
  const { status, stdout } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', read.steps[0].run],
    {
      env: {
        PATH: process.env.PATH,
        SERVICES: services,
        DIGEST: digest,
        CHECKS: checks,
        GITHUB_OUTPUT: output,
        GITHUB_RUN_ID: '7',
      },
      encoding: 'utf8',
    },
  )
  const [, list, delimiter, found] =
    /^services=(.*)\nchecks<<(\S+)\n([\s\S]*)\n\2\n$/.exec(readFileSync(output, 'utf8')) ?? []
  const names = list === undefined ? undefined : JSON.parse(list)
  return { status, stdout, services: names, checks: found, delimiter }
}

test('no check can end the output, as the delimiter is another one each time', () => {
  const checks = 'testbed\n7-checks\nservices=["evil"]'
  const [one, other] = [readOrder({ services: 'a', checks }), readOrder({ services: 'a', checks })]
  expect(one).toMatchObject({ services: ['a'], checks, delimiter: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(other.delimiter).not.toBe(one.delimiter)
})

describe('the services', () => {
  test.each([
    { given: 'reqmgr2', services: ['reqmgr2'] },
    { given: 'reqmgr2, reqmon', services: ['reqmgr2', 'reqmon'] },
    { given: ' reqmgr2\treqmon\r\n\n t0_reqmon ,', services: ['reqmgr2', 'reqmon', 't0_reqmon'] },
    { given: '["reqmgr2", "wmglobalqueue"]', services: ['reqmgr2', 'wmglobalqueue'] },
    { given: '[\n  "reqmgr2",\n  "reqmon"\n]\n', services: ['reqmgr2', 'reqmon'] },
    { given: 'reqmgr2 reqmon reqmgr2', services: ['reqmgr2', 'reqmon'] },
    { given: 'reqmgr2ms-unmerged a.b a__b', services: ['reqmgr2ms-unmerged', 'a.b', 'a__b'] },
  ])('$given', ({ given, services }) => {
    expect(readOrder({ services: given })).toMatchObject({ status: 0, services })
  })

  test.each([
    { given: '', says: 'It names no service' },
    { given: ' , []', says: 'It names no service' },
    { given: 'ReqMgr2', says: 'ReqMgr2 is not the name of a service' },
    { given: 'reqmgr2 a/b', says: 'a/b is not the name' },
    { given: '-x', says: 'is not the name' },
    { given: '*', says: 'is not the name' },
    { given: '$(id)', says: 'is not the name' },
    { given: 'a;id', says: 'is not the name' },
    { given: '{"a":1}', says: 'is not the name' },
    { given: 'é', says: 'is not the name' },
    { given: Array.from({ length: 257 }, (_, index) => `a${index}`).join(' '), says: 'more than 256' },
  ])('$given is refused', ({ given, says }) => {
    const { status, stdout, services } = readOrder({ services: given })
    expect([status, services]).toEqual([1, undefined])
    expect(stdout).toContain(says)
    for (const line of stdout.trim().split('\n')) {
      expect(line).toMatch(/^::error title=The input services is not valid::/)
    }
  })

  test('all that is wrong is told at once', () => {
    const { status, stdout, services } = readOrder({ services: 'A/b, reqmgr2, A/b, C', digest: 'sha256:a' })
    expect([status, services]).toEqual([1, undefined])
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringContaining('A/b is not the name of a service'),
      expect.stringContaining('C is not the name of a service'),
      expect.stringContaining('the input services names 3 services'),
    ])
  })

  test('a digest is of one service', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    expect(readOrder({ services: 'reqmgr2', digest })).toMatchObject({ status: 0, services: ['reqmgr2'] })
    const { status, stdout, services } = readOrder({ services: 'reqmgr2 reqmon', digest })
    expect([status, services]).toEqual([1, undefined])
    expect(stdout).toContain('::error title=The input digest is not valid::It is of one image, and')
    expect(promote.steps[0].with.digest).toMatch(/^\$\{\{ inputs\.digest \}\}$/)
  })

  test.each([
    { given: '', checks: '' },
    { given: 'testbed', checks: 'testbed' },
    { given: 'unit / 3.8;testbed (a, b)', checks: 'unit / 3.8\ntestbed (a, b)' },
    { given: 'unit\ntestbed', checks: 'unit\ntestbed' },
    { given: '$(id) "x" \\n', checks: '$(id) "x" \\n' },
  ])('checks $given', ({ given, checks }) => {
    expect(readOrder({ services: 'a', checks: given })).toMatchObject({ status: 0, checks })
  })

  test('nobody knows before what ends the checks', () => {
    const delimiters = [1, 2].map(() => readOrder({ services: 'a', checks: 'b' }).delimiter)
    expect(delimiters).toEqual([expect.stringMatching(/.{32}/), expect.stringMatching(/.{32}/)])
    expect(new Set(delimiters).size).toBe(2)
  })
})

describe('what it hands on', () => {
  const step = promote.steps[0]

  test('every input of the step is one of action.yml', () => {
    expect(step.uses).toBe('dmwm/stable-release-action@v1')
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)))
    expect(step.with.command).toBe('promote')
  })

  test('every input that is used is there for both ways to start it, by hand but for the account', () => {
    const used = Array.from(text.matchAll(/\binputs\.([a-z-]+)/g), ([, name = '']) => name)
    expect(new Set(used)).toEqual(new Set(Object.keys(call.inputs)))
    const byHand = Object.keys(call.inputs).filter(name => name !== 'username')
    expect(Object.keys(dispatch.inputs)).toEqual(byHand)
  })

  test.each([call, dispatch])("its defaults are WMCore's project, and those of action.yml", given => {
    const own: Record<string, { default?: string; required?: boolean }> = given.inputs
    expect(own.project?.default).toBe('cmswmcore')
    for (const name of ['policy', 'checks-timeout'] as const) {
      expect(own[name]?.default).toBe(inputs[name].default)
    }
    expect([own.tag?.required, own.services?.required]).toEqual([true, true])
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

test('permissions are the least, one failure does not stop the others, and one tag is not written twice at once', () => {
  expect(workflow.permissions).toEqual({})
  expect(read.permissions).toEqual({})
  expect(promote.permissions).toEqual({ contents: 'read', checks: 'read', statuses: 'read' })
  expect(promote.strategy['fail-fast']).toBe(false)
  const template = parse(
    readFileSync(new URL('docker_images_template.yaml', path), 'utf8').replaceAll(
      'wmcore_component',
      'service',
    ),
  )
  const { group } = template.jobs.build_images_from_template.concurrency
  expect(promote.concurrency).toEqual({
    group: group.replace('inputs.service', 'matrix.service').replace(' || github.ref_name', ''),
    'cancel-in-progress': false,
  })
})
