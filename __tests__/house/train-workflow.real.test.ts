import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/action-yml.ts'
import { fileCommands } from '../e2e/action.ts'
import { temporaryFolder } from '../inputs/order.ts'

const folder = new URL('../../.github/workflows/', import.meta.url)
const workflowAt = (name: string) => parse(readFileSync(new URL(name, folder), 'utf8'))
const train = workflowAt('release_services.yaml')
const { read, release, verify, promote } = train.jobs

/** Runs a script as the runner does; gives back its outputs, each of one line. */
const run = (script: string, env: Readonly<Record<string, string>>) => {
  const output = join(temporaryFolder(), 'output')
  writeFileSync(output, '')
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    env: { PATH: process.env.PATH, GITHUB_OUTPUT: output, ...env },
    encoding: 'utf8',
  })
  const text = readFileSync(output, 'utf8')
  expect(fileCommands(text)).toEqual({})
  const outputs = Object.fromEntries(
    Array.from(text.matchAll(/^([a-z]+)=(.*)$/gm), ([, name, value]) => [name, value?.trim()]),
  )
  return { status, stdout, ...outputs }
}

describe('the services are a list for the matrix', () => {
  const script: string = read.steps[0].run
  test.each([
    { given: 'reqmgr2', services: ['reqmgr2'] },
    { given: 'reqmgr2, reqmon\n\twmagent,', services: ['reqmgr2', 'reqmon', 'wmagent'] },
    { given: '["reqmgr2", "reqmon"]', services: ['reqmgr2', 'reqmon'] },
    { given: 'a\\" b $(id) *', services: ['a', 'b', '$(id)', '*'] },
  ])('$given', ({ given, services }) => {
    const { status, ...outputs } = run(script, { SERVICES: given })
    expect(status).toBe(0)
    expect(JSON.parse((outputs as { services?: string }).services ?? '')).toEqual(services)
  })

  test('one that is named twice would be released twice', () => {
    expect(run(script, { SERVICES: 'b, a b,c a' })).toMatchObject({
      status: 1,
      stdout: '::error title=The input services is not valid::It names a b twice. Leave one out.\n',
    })
  })

  test.each(['', ' , []\n'])('%j names none', given => {
    expect(run(script, { SERVICES: given })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('::error title=The input services is not valid::It names no service.'),
    })
  })
})

describe('what is verified is what is promoted', () => {
  const script: string = verify.steps[1].run
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
  test.each([
    { withheld: 'r/p/x:2.3.4-stable', waits: 'true' },
    { withheld: '', waits: 'false' },
  ])('each service by its digest; it waits: $waits', ({ withheld, waits }) => {
    const env = { SERVICES: 'x y', DIGESTS: `${a}\n${b}`, WITHHELD: withheld }
    expect(run(script, env)).toMatchObject({ status: 0, services: `x@${a} y@${b}`, waits })
  })

  test('the promotion takes nothing else, and nobody has looked at it', () => {
    expect(promote.if).toBe("needs.verify.outputs.waits == 'true'")
    expect(promote.with.services).toBe(['${', '{ needs.verify.outputs.services }}'].join(''))
    expect(promote.with['looked-at']).toBe(false)
    expect([verify.needs, promote.needs]).toEqual([['read', 'release'], 'verify'])
  })
})

describe('what it hands on', () => {
  const versioned = (name: string) => `dmwm/stable-release-action/.github/workflows/${name}@v1`
  test.each([
    { job: release, name: 'docker_images_template.yaml' },
    { job: promote, name: 'promote_stable_images.yaml' },
  ])('$name is called as it wants to be called', ({ job, name }) => {
    const called = workflowAt(name).on.workflow_call
    expect(job.uses).toBe(versioned(name))
    expect(Object.keys(called.inputs)).toEqual(expect.arrayContaining(Object.keys(job.with)))
    expect(Object.keys(called.secrets)).toEqual(expect.arrayContaining(Object.keys(job.secrets)))
    for (const [input, { default: value }] of Object.entries<{ default?: unknown }>(called.inputs)) {
      const own = train.on.workflow_call.inputs[input]
      if (own !== undefined && input !== 'tag') expect(own.default ?? '', input).toEqual(value ?? '')
    }
  })

  test('stable tags are held back by the releases, and looked for by nobody before the promotion', () => {
    expect([release.with.stable, verify.steps[0].with.stable]).toEqual(['on-promotion', 'on-promotion'])
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(verify.steps[0].with)))
  })

  test('no job has more permissions than it needs, or than the promotion has', () => {
    expect(train.permissions).toEqual({})
    expect([read, verify].map(job => job.permissions)).toEqual([{}, {}])
    expect(release.permissions).toEqual({ contents: 'read' })
    expect(promote.permissions).toEqual(workflowAt('promote_stable_images.yaml').jobs.promote.permissions)
  })
})
