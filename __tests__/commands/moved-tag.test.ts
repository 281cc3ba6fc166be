import { describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { benchOfEach, gitHubOfEach, STABLE, TAG } from './bench.ts'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]

const bench = benchOfEach({ referrers: true })
const api = gitHubOfEach()

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
const publish = (labels = {}) => bench.seed(TAG, { revision: A, labels })

describe.each([
  { command: 'release', of: 'tag', moved: 'before it' },
  { command: 'release', of: 'tag', moved: 'during its build' },
  { command: 'release', of: 'branch', moved: 'during its build' },
  { command: 'release', of: 'branch', moved: 'during its build', isSilent: true },
  { command: 'push', of: 'branch', moved: 'before it' },
  { command: 'promote', of: 'tag', moved: 'before it' },
] as const)('the checks of the commit of the image count: $command of a $of, moved $moved', row => {
  const end = async () => {
    const { command, of, moved } = row
    if (command === 'push') await run('build', 'tag', { 'require-checks': '' })
    if (command === 'promote') await publish()
    // It is asked again: first for the commit, then for its checks.
    if ('isSilent' in row) api.refuse(...Array(3).fill({ status: 502, message: 'Server Error' }))
    if (moved === 'before it') move()
    else bench.engine.tries.push({ meanwhile: move })
    return run(command, of)
  }

  test('failed, it is not stable', async () => {
    start('failure')
    const { outcomes, error, service } = await end()
    if (row.command !== 'promote') {
      expect(error).toBeUndefined()
      expect(outcomes).toMatchObject({ [STABLE]: 'withheld' })
      expect(service?.checks).toEqual(['testbed'])
    } else expect(error).toMatchObject({ name: 'checks-not-passed' })
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })

  test('passed, it is stable', async () => {
    start('success')
    expect(await end()).toMatchObject({ error: undefined, outcomes: { [STABLE]: 'copied' } })
  })
})

test('what a promotion compares the images with is the commit whose checks count, also if GitHub is slow', async () => {
  start('failure')
  await publish({ [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' })
  move()
  api.refuse({ status: 403, message: 'rate limit', headers: { 'retry-after': '1' } })
  expect((await run('promote', 'branch')).error).toMatchObject({ name: 'wrong-origin' })
  expect(Object.keys(bench.tags())).toEqual([TAG])
})

test('what is recorded later are the checks of the commit', async () => {
  start('success')
  await publish()
  bench.copy(TAG, STABLE)
  move()
  const { error, service } = await run('promote', 'tag', { record: 'true' })
  expect(error).toBeUndefined()
  expect(service?.record).toMatchObject({ stableRelease: { checks: [{ state: 'success' }] } })
})

test.each(['release', 'promote'])(
  'a branch that is called tags/2.3.4, whose check has passed, is not the git tag: %s',
  async command => {
    const { commit } = api.branch(`tags/${TAG}`)
    api.status(commit, { context: 'testbed', state: 'success' })
    if (command === 'promote') await bench.seed(TAG, { revision: commit })
    expect((await run(command, 'branch')).error).toMatchObject({ name: 'invalid-input' })
    expect(bench.written()).toEqual([])
  },
)
