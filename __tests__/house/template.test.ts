import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/action-yml.ts'
import type { Request } from '../../src/commands/request.ts'
import { requestWith, runIn, temporaryFolder, write } from '../inputs/order.ts'
import { fill, filled, read } from './github.ts'
import { at, entriesAt, isOurs, stepsOf } from './workflow-rules.ts'

const template: unknown = parse(read('.github/workflows/docker_images_template.yaml'))
const call = at(template, 'on', 'workflow_call')
const [[jobName, job] = []] = entriesAt(template, 'jobs')
const step = stepsOf(template).find(isOurs)?.step
const defaults = Object.fromEntries(
  entriesAt(call, 'inputs').map(([name, input]) => [name, at(input, 'default') as string | boolean]),
)

test('takes what the one of WMCore takes', () => {
  const mandatory = (kind: string) =>
    entriesAt(call, kind)
      .filter(([, input]) => at(input, 'required') === true)
      .map(([name]) => name)
  expect(mandatory('inputs')).toEqual(['wmcore_component'])
  expect(mandatory('secrets')).toEqual(['cern_token'])
  expect(at(call, 'secrets', 'cern_user')).toBeDefined()
})

test('has the defaults of the action for what it hands on, but for what is its own', () => {
  const different = Object.entries(inputs).filter(
    ([name, { default: value }]) => name in defaults && defaults[name] !== value,
  )
  expect(different.map(([name]) => name)).toEqual(['registry', 'project'])
})

test('hands on every output of the action but the path of a file, which ends with the job', () => {
  const names = Object.keys(parse(read('action.yml')).outputs).filter(name => name !== 'record-path')
  expect(entriesAt(job, 'outputs')).toEqual(
    expect.arrayContaining(names.map(name => [name, `\${{ steps.${at(step, 'id')}.outputs.${name} }}`])),
  )
  expect(entriesAt(call, 'outputs').map(([name, output]) => [name, at(output, 'value')])).toEqual(
    expect.arrayContaining(names.map(name => [name, `\${{ jobs.${jobName}.outputs.${name} }}`])),
  )
})

type Given = Readonly<Record<string, string | boolean>>
const LOGIN = { cern_user: 'me', cern_token: 'secret' }

/** What the action is asked for when the workflow is called with these inputs and secrets, in a run of 2.3.4. */
const called = (given: Given, secrets: Given = LOGIN, vars: Given = {}): Request => {
  const folder = temporaryFolder()
  const github = { ref_name: '2.3.4', token: 't' }
  const contexts = { inputs: { ...defaults, ...given }, secrets, vars, github }
  const texts = filled(entriesAt(step, 'with'), { ...contexts, env: filled(entriesAt(job, 'env'), contexts) })
  write(folder, { [`${texts.context}/Dockerfile`]: '' })
  return requestWith(texts, runIn(folder)).request
}

test('releases as WMCore does', () => {
  expect(called({ wmcore_component: 'reqmgr2' })).toMatchObject({
    command: 'release',
    services: [{ repository: { registry: 'registry.cern.ch', path: 'cmswmcore/reqmgr2' } }],
    decision: { gitTag: '2.3.4' },
    credentials: { username: 'me', password: 'secret' },
    stable: 'on-release',
    checks: undefined,
    build: { context: 'CMSKubernetes/docker/pypi/reqmgr2', buildArgs: ['TAG=2.3.4'] },
    package: { package: { name: 'reqmgr2', version: '2.3.4' } },
  })
})

test.each([
  { given: { wmcore_component: 't0reqmon' }, waitsFor: 'reqmon' },
  { given: { wmcore_component: 't0reqmon', package: 'other' }, waitsFor: 'other' },
  { given: { wmcore_component: 'proxy', 'wait-for-package': false }, waitsFor: undefined },
])('$given waits for $waitsFor', ({ given, waitsFor }) => {
  const request = called(given)
  expect('package' in request ? request.package?.package.name : 'no release').toBe(waitsFor)
})

test('builds what it is told to', () => {
  const given = { wmcore_component: 'proxy', 'context-path': 'docker/frontend' }
  expect(called(given)).toMatchObject({ build: { context: 'CMSKubernetes/docker/frontend' } })
})

test('takes a name from the input, the secret or vars, and a token for checks before that of the job', () => {
  const plain = { wmcore_component: 'reqmgr2', 'require-checks': 'testbed' }
  const vars = { CERN_LOGIN: 'variable' }
  const request = called({ ...plain, username: 'robot' }, { ...LOGIN, checks_token: 'c' })
  expect(request).toMatchObject({
    credentials: { username: 'robot' },
    checks: { names: ['testbed'], repository: { token: 'c' } },
  })
  expect(called(plain, LOGIN, vars)).toMatchObject({
    credentials: { username: 'me' },
    checks: { repository: { token: 't' } },
  })
  expect(called(plain, { cern_token: 's' }, vars)).toMatchObject({ credentials: { username: 'variable' } })
})

test('is kept apart by service, project and tag', () => {
  const group = String(at(job, 'concurrency', 'group'))
  const groupOf = (given: Given): string =>
    fill(group, { inputs: { ...defaults, ...given }, github: { ref_name: '2.3.4' } })
  const calls = [{}, { wmcore_component: 'reqmon' }, { tag: '2.3.5' }, { project: 'cmsweb' }]
  const groups = calls.map(given => groupOf({ wmcore_component: 'reqmgr2', ...given }))
  expect(new Set(groups).size).toBe(groups.length)
  expect(groupOf({ wmcore_component: 'reqmgr2', tag: '2.3.4' })).toBe(groups[0])
})
