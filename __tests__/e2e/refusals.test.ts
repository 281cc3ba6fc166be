import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import type { Step } from './action.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { requestsTo } from './requests.ts'

describe('without an engine', () => {
  let bench: Bench
  let repository: string
  let number = 0
  beforeAll(async () => {
    bench = await startBench({ engine: 'none' })
    await mkdir(join(bench.workspace, 'empty'))
  })
  afterAll(() => bench?.stop())
  beforeEach(() => {
    number += 1
    repository = `cmswmcore/service-${number}`
  })

  test.each([
    {
      name: 'no docker command',
      step: { tag: '2.3.4', with: {} },
      title: 'Docker is not available',
      says: ['There is no docker command', 'ubuntu-latest'],
      asks: true,
    },
    {
      name: 'a git tag that can not be an image tag',
      step: { tag: 'feature/x', with: {} },
      title: 'The policy gives this git tag no image',
      says: ['"feature/x" matches no rule', '"/"', 'change the policy'],
    },
    {
      name: 'a git tag with the name of a stable tag',
      step: { tag: '7.7.7-stable', with: { 'on-existing': 'overwrite' } },
      title: 'The policy gives this git tag no image',
      says: ['7.7.7-stable is a stable tag, which rule final gives to the git tag 7.7.7', 'release 7.7.7'],
    },
    {
      name: 'a git tag with a plus',
      step: { tag: '2.3.4+build', with: {} },
      title: 'The policy gives this git tag no image',
      says: ['"2.3.4+build" matches no rule', 'it contains "+"', 'Nothing was built'],
    },
    {
      name: 'a git tag that is too long',
      step: { tag: `v${'1'.repeat(130)}`, with: {} },
      title: 'The policy gives this git tag no image',
      says: ['128', 'Nothing was built'],
    },
    {
      name: 'a run on a branch',
      step: { with: {} },
      title: 'An input is not valid',
      says: ['no git tag to release', 'branch main', 'give the input tag'],
    },
    {
      name: 'a misspelt input',
      step: { tag: '2.3.4', with: {}, unknown: { pasword: 'secret' } },
      title: 'An input is not valid',
      says: ['There is no input pasword', 'Did you mean password'],
    },
    {
      name: 'a required input that is missing',
      step: { tag: '2.3.4', with: { registry: '' } },
      title: 'An input is not valid',
      says: ['The input registry is missing', 'as "registry: registry.cern.ch"'],
    },
    {
      name: 'a misspelt value',
      step: { tag: '2.3.4', with: { 'on-existing': 'overwite' } },
      title: 'An input is not valid',
      says: ['The input on-existing is "overwite"', 'Did you mean overwrite', 'reuse'],
    },
    {
      name: 'a user name without a password',
      step: { tag: '2.3.4', with: { username: 'bob' } },
      title: 'An input is not valid',
      says: ['The input password is empty', 'secret or variable that does not exist'],
    },
    {
      name: 'a context without a Dockerfile',
      step: { tag: '2.3.4', with: { context: 'empty' } },
      title: 'An input is not valid',
      says: ['The input context is "empty": it has no Dockerfile', 'input file'],
    },
    {
      name: 'an option that the action owns',
      step: { tag: '2.3.4', with: { 'build-options': '--push' } },
      title: 'An input is not valid',
      says: ['The input build-options is "--push"', 'Leave the line out'],
    },
    {
      name: 'a secret in an address',
      step: { tag: '2.3.4', with: { service: 'https://bob:s3cret@x.ch/a', registry: 'bob:s3cret@x.ch' } },
      title: 'An input is not valid',
      says: [
        'There are 2 mistakes:',
        'The input registry seems to have a password or a token in it, and is not shown.',
        'The input service seems to have a password or a token in it, and is not shown.',
      ],
    },
    {
      name: 'a service of two lines',
      step: { tag: '2.3.4', with: { service: 'a\n::warning::b' } },
      title: 'An input is not valid',
      says: ['The input service is "a\\n::warning::b": it names 2 services, and release is for one'],
    },
    {
      name: 'mistakes in inputs, in the policy and of the run at once',
      step: {
        with: { policy: 'final: X.Y => X.Y', 'on-existing': 'overwite', 'build-options': '--push' },
        unknown: { push: 'false' },
      },
      title: 'An input is not valid',
      says: [
        'There are 5 mistakes:',
        'There is no input push',
        'no git tag to release',
        '=> is not the arrow',
        'The input on-existing is "overwite"',
        'The input build-options is "--push"',
        'Nothing was done. Correct all of them, then run it again.',
      ],
    },
    {
      name: 'docker told to write into the repository',
      step: {
        tag: '2.3.4',
        with: {
          registry: 'ghcr.io',
          service: 'a',
          'build-options': '--cache-to=type=registry,ref=ghcr.io/cmswmcore/a:2.3.4',
        },
      },
      title: 'An input is not valid',
      says: ['docker would write into ghcr.io/cmswmcore/a', 'such as ghcr.io/cmswmcore/a-cache'],
    },
    {
      name: 'a policy with a mistake',
      step: { tag: '2.3.4', with: { policy: 'final: X.Y -> X.Z' } },
      title: 'The policy has mistakes',
      says: ['final: X.Y -> X.Z', 'Nothing was built'],
    },
  ] satisfies { name: string; step: Step; title: string; says: string[]; asks?: boolean }[])(
    '$name',
    async ({
      step,
      title,
      says,
      asks = false,
    }: {
      step: Step
      title: string
      says: string[]
      asks?: boolean
    }) => {
      const service = repository.split('/')[1] ?? ''
      const result = await bench.step({ ...step, with: { service, ...step.with } })
      expectFailure(result, title, says)
      expect(result.log + result.summary).not.toContain('s3cret')
      // The summary has every mistake too, and the runner is given no command by what was given.
      if (result.annotations[0]?.message.startsWith('There are ')) {
        for (const text of says) expect(result.summary).toMatch(text)
      }
      // The directory that is built is no checkout here, of which a warning may tell.
      const told = result.annotations.filter(
        ({ title }) => !title.startsWith('What is built was not compared'),
      )
      expect(told).toHaveLength(1)
      expect(await listTags(bench.registry.storage, repository)).toEqual([])
      if (!asks) expect(await requestsTo(bench.registry, repository)).toEqual([])
    },
  )

  test('a docker that can not log in', async () => {
    const env = await withoutDocker(join(bench.workspace, 'empty'))
    const why =
      'Error response from daemon: Get "https://x/v2/": x509: certificate signed by unknown authority'
    const docker = `#!/bin/sh\necho '${why}' >&2\nexit 1\n`
    await writeFile(join(env.PATH ?? '', 'docker'), docker, { mode: 0o755 })
    const service = repository.split('/')[1] ?? ''
    const login = { username: 'bob', password: 'right' }
    const step = await bench.step({ tag: '2.3.4', env, with: { service, ...login } })
    const says = [`login to ${bench.registry.host} as bob failed`, 'x509', 'username and password']
    expectFailure(step, 'docker login failed', says)
    expect(await listTags(bench.registry.storage, repository)).toEqual([])
  })
})
