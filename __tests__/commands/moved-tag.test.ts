import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]

let bench: CommandBench
let api: GitHubApi
beforeEach(async () => {
  bench = await startCommandBench({ referrers: true })
  api = await startGitHubApi()
})
afterEach(async () => {
  await api?.stop()
  await bench?.stop()
})

/** The git tag is at A, whose check has ended so; that of B has ended otherwise. */
const start = (ofA: 'success' | 'failure'): void => {
  api.tag(TAG, { commit: B })
  api.tag(TAG, { commit: A })
  api.status(A, { context: 'testbed', state: ofA })
  api.status(B, { context: 'testbed', state: ofA === 'success' ? 'failure' : 'success' })
}
const move = () => api.tag(TAG, { commit: B })

/** Runs for the git tag at A, or for a branch: then GitHub is asked where the git tag is. */
const run = (command: string, of: 'tag' | 'branch', inputs = {}) =>
  bench.run(
    { command, tag: TAG, 'require-checks': 'testbed', 'github-token': api.token, record: 'false', ...inputs },
    { apiUrl: api.url, ...(of === 'tag' ? { tag: TAG, sha: A } : { tag: undefined, sha: undefined }) },
  )
const publish = () => bench.seed(TAG, { revision: A })

const cases: { name: string; end: () => ReturnType<typeof run> }[] = [
  {
    name: 'release, moved before it',
    end: () => {
      move()
      return run('release', 'tag')
    },
  },
  {
    name: 'release, moved during its build',
    end: () => {
      bench.engine.tries.push({ meanwhile: move })
      return run('release', 'tag')
    },
  },
  {
    name: 'release of a branch, moved during its build',
    end: () => {
      bench.engine.tries.push({ meanwhile: move })
      return run('release', 'branch')
    },
  },
  {
    name: 'release of a branch that GitHub first does not tell the commit, moved during its build',
    end: () => {
      api.refuse(...Array.from({ length: 3 }, () => ({ status: 502, message: 'Server Error' })))
      bench.engine.tries.push({ meanwhile: move })
      return run('release', 'branch')
    },
  },
  {
    name: 'push, moved after its build',
    end: async () => {
      await run('build', 'tag', { 'require-checks': '' })
      move()
      return run('push', 'branch')
    },
  },
  {
    name: 'promotion, moved before it',
    end: async () => {
      await publish()
      move()
      return run('promote', 'tag')
    },
  },
]

describe.each(cases)('the checks of the commit of the image count: $name', ({ end }) => {
  test('failed, it is not stable', async () => {
    start('failure')
    const { outcomes, error } = await end()
    if (error === undefined) expect(outcomes[STABLE]).toBe('withheld')
    else expect(error).toMatchObject({ name: 'checks-not-passed' })
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })

  test('passed, it is stable', async () => {
    start('success')
    expect(await end()).toMatchObject({ error: undefined, outcomes: { [STABLE]: 'copied' } })
  })
})

test('what a promotion compares the images with is the commit whose checks count, also if GitHub is slow', async () => {
  start('failure')
  await bench.seed(TAG, {
    revision: A,
    labels: { 'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore' },
  })
  move()
  api.refuse({ status: 403, message: 'rate limit', headers: { 'retry-after': '1' } })
  expect((await run('promote', 'branch')).error).toMatchObject({ name: 'wrong-origin' })
  expect(Object.keys(bench.tags())).toEqual([TAG])
})

test('what is recorded later are the checks of the commit', async () => {
  start('success')
  await publish()
  bench.registry.copyTag(REPOSITORY, TAG, STABLE)
  move()
  const { error, service } = await run('promote', 'tag', { record: 'true' })
  expect(error).toBeUndefined()
  expect(JSON.stringify(service?.record)).toContain('"state":"success"')
})

describe('a branch that is called tags/2.3.4, whose check has passed, is not the git tag', () => {
  test.each(['release', 'promote'])('%s', async command => {
    const { commit } = api.branch(`tags/${TAG}`)
    api.status(commit, { context: 'testbed', state: 'success' })
    if (command === 'promote') await bench.seed(TAG, { revision: commit })
    const { error } = await run(command, 'branch')
    expect(error).toMatchObject({ name: 'invalid-input' })
    expect(bench.written()).toEqual([])
  })
})
