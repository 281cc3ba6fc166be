import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CheckState, checksInFull } from '../../src/gates/check-state.ts'
import { awaitChecks, type ChecksGate, commitToCheck, requireReadableChecks } from '../../src/gates/checks.ts'
import { type CheckRunEntry, type GitHubApi, type StatusEntry, startGitHubApi } from './github-api.ts'
import { surroundings } from './surroundings.ts'

const OWN_RUN = '777'
/** A git tag whose commit the run does not know. */
const TAG = { gitTag: '2.3.4', revision: undefined }

let api: GitHubApi
beforeEach(async () => {
  api = await startGitHubApi()
})
afterEach(() => api.stop())

const gateOf = (others: Partial<ChecksGate> = {}): ChecksGate => {
  const repository = { apiUrl: api.url, name: api.repository, token: api.token }
  return { repository, names: ['testbed'], timeout: 0, ownRun: OWN_RUN, ...others }
}

const read = (gate: Partial<ChecksGate> = {}, ports = surroundings()) => awaitChecks(gateOf(gate), TAG, ports)

type Run = Omit<CheckRunEntry, 'name'>
type Entry = { name?: string } & ({ state: StatusEntry['state'] } | { run: Run })

const put = (sha: string, entries: readonly Entry[]): void => {
  for (const { name = 'testbed', ...entry } of entries) {
    if ('run' in entry) api.checkRun(sha, { name, ...entry.run })
    else api.status(sha, { context: name, state: entry.state })
  }
}

const said = (state: StatusEntry['state'], name = 'testbed'): Entry => ({ state, name })
const ended = (conclusion: string, others: Run = {}): Entry => ({ run: { conclusion, ...others } })
const is = (status: CheckRunEntry['status'], others: Run = {}): Entry => ({ run: { status, ...others } })
const [one, two] = [{ suite: 1 }, { suite: 2 }]
const success = ended('success')

describe('how a required check stands', () => {
  const table: { what: string; there: Entry[]; stands: CheckState['kind']; state?: string }[] = [
    { what: 'nothing at all, which GitHub calls pending', there: [], stands: 'absent' },
    { what: 'another run', there: [{ ...success, name: 'testbed2' }], stands: 'absent' },
    { what: 'another status', there: [said('success', 'ci')], stands: 'absent' },
    { what: 'a passed status', there: [said('success')], stands: 'passed' },
    { what: 'a failed status', there: [said('failure')], stands: 'failed' },
    { what: 'a status in error', there: [said('error')], stands: 'failed', state: 'error' },
    { what: 'a pending status', there: [said('pending')], stands: 'running', state: 'pending' },
    { what: 'a status that passed later', there: [said('failure'), said('success')], stands: 'passed' },
    { what: 'a status that failed later', there: [said('success'), said('failure')], stands: 'failed' },
    { what: 'a passed run', there: [success], stands: 'passed', state: 'success' },
    ...['failure', 'neutral', 'skipped', 'cancelled', 'timed_out', 'action_required', 'stale'].map(state => {
      return { what: `a run that ended as ${state}`, there: [ended(state)], stands: 'failed' as const, state }
    }),
    { what: 'a queued run', there: [is('queued')], stands: 'running', state: 'queued' },
    { what: 'a run under way', there: [is('in_progress')], stands: 'running', state: 'in_progress' },
    { what: 'a run without a conclusion', there: [is('completed')], stands: 'failed' },
    { what: 'status and run, both passed', there: [said('success'), success], stands: 'passed' },
    { what: 'a passed status, a failed run', there: [said('success'), ended('failure')], stands: 'failed' },
    { what: 'a failed status, a passed run', there: [said('error'), success], stands: 'failed' },
    { what: 'a pending status, a passed run', there: [said('pending'), success], stands: 'running' },
    { what: 'repeated', there: [ended('failure', one), ended('success', one)], stands: 'passed' },
    { what: 'newer and passed', there: [ended('failure', one), ended('success', two)], stands: 'passed' },
    { what: 'newer and failed', there: [ended('success', one), ended('failure', two)], stands: 'failed' },
    { what: 'newer and under way', there: [ended('success', one), is('queued', two)], stands: 'running' },
    { what: 'of two apps', there: [ended('failure', { app: 'jenkins' }), success], stands: 'failed' },
    { what: 'of the run that asks', there: [is('in_progress', { actionsRun: OWN_RUN })], stands: 'absent' },
    { what: 'passed before it', there: [success, is('queued', { actionsRun: OWN_RUN })], stands: 'passed' },
    { what: 'of a longer number', there: [is('queued', { actionsRun: `${OWN_RUN}7` })], stands: 'running' },
  ]
  test.each(table)('$what: $stands', async ({ there, stands, state }) => {
    put(api.tag('2.3.4').commit, there)
    const expected = state === undefined ? {} : { state }
    expect(await read()).toMatchObject([{ name: 'testbed', kind: stands, ...expected }])
  })

  test('what lies on the commit of another tag does not count, nor where the tag has moved', async () => {
    const { commit } = api.tag('2.3.3')
    put(api.tag('2.3.4').commit, [success])
    const known = { gitTag: '2.3.4', revision: commit }
    expect(await awaitChecks(gateOf(), known, surroundings())).toMatchObject([{ kind: 'absent' }])
    expect(await commitToCheck(gateOf(), known, surroundings())).toBe(commit)
  })

  test('names are not mistaken for parts of an address', async () => {
    const { commit } = api.tag('2.3.4')
    const names = ['a & b?c#d', 'ci/jenkins: ü+%20']
    for (const name of names) api.checkRun(commit, { name, conclusion: 'success' })
    expect(await read({ names })).toMatchObject(names.map(name => ({ name, kind: 'passed' })))
  })

  test('lists of several pages are read to their end', async () => {
    const { commit } = api.tag('2.3.4')
    // The newest come first: those that are looked for are on the last page.
    put(commit, [said('success'), ended('failure', { app: 'jenkins' })])
    for (let suite = 0; suite < 230; suite += 1)
      put(commit, [said('failure', `other ${suite}`), ended('success', { suite })])
    expect(await read()).toMatchObject([{ kind: 'failed', state: 'failure' }])
    expect(await read({ names: ['other 0'] })).toMatchObject([{ kind: 'failed' }])
  })
})

describe('how checks stand, in words', () => {
  test('each in its order, with its page; of one that is not found, what there is', async () => {
    const { commit } = api.tag('2.3.4')
    const id = api.checkRun(commit, { name: 'unit', conclusion: 'timed_out', actionsRun: '5' })
    put(commit, [is('in_progress', { actionsRun: OWN_RUN })])
    api.status(commit, { context: 'testbed', state: 'failure', url: 'https://ci.example.org/7' })
    expect(checksInFull(await read({ names: ['testbed', 'unit', 'lint / py38 (3.8)'] }))).toBe(
      [
        'testbed failed (https://ci.example.org/7)',
        `unit did not pass (timed out) (https://github.com/dmwm/WMCore/actions/runs/5/job/${id})`,
        'lint / py38 (3.8) was not found (the commit has "testbed", "unit")',
      ].join(', '),
    )
  })

  test.each([
    { count: 0, has: 'the commit has no checks' },
    { count: 2, has: 'the commit has "a", "b"' },
    { count: 12, has: 'the commit has "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more' },
  ])('of $count others, not all are named', async ({ count, has }) => {
    const { commit } = api.tag('2.3.4')
    put(
      commit,
      Array.from({ length: count }, (_, at) => said('success', String.fromCharCode(97 + at))),
    )
    expect(await read()).toMatchObject([{ hint: has }])
  })
})

test('the requests are as GitHub wants them', async () => {
  put(api.tag('2.3.4').commit, [success])
  await read()
  const repository = '/repos/dmwm/WMCore'
  expect(api.requests.map(({ path }) => path.replace(/[0-9a-f]{40}/, 'SHA')).toSorted()).toEqual([
    `${repository}/commits/SHA/check-runs?filter=latest&per_page=100&page=1`,
    `${repository}/commits/SHA/status?per_page=100&page=1`,
    `${repository}/git/ref/tags%2F2.3.4`,
  ])
  for (const { headers } of api.requests) {
    const { authorization, 'user-agent': agent } = headers
    expect(authorization).toBe(`token ${api.token}`)
    expect(headers).toMatchObject({
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    })
    expect(agent).toMatch(/^stable-release-action\//)
  }
})

test.each(['', '/'])('GitHub Enterprise has its API below a path, with "%s" behind it', async end => {
  await api.stop()
  api = await startGitHubApi({ basePath: '/api/v3' })
  put(api.tag('2.3.4').commit, [success])
  const { repository } = gateOf()
  expect(await read({ repository: { ...repository, apiUrl: `${api.url}${end}` } })).toMatchObject([
    { kind: 'passed' },
  ])
})

describe('what can not be read is an error', () => {
  test.each([
    { permissions: ['contents', 'statuses'] as const, name: 'github-unreadable' },
    { permissions: ['contents', 'checks'] as const, name: 'github-unreadable' },
    { permissions: [], name: 'invalid-input' },
  ])('with a token that may read $permissions alone: $name, and which permissions it needs', async row => {
    await api.stop()
    api = await startGitHubApi({ permissions: row.permissions })
    api.tag('2.3.4')
    await expect(requireReadableChecks(gateOf(), TAG, surroundings())).rejects.toMatchObject({
      name: row.name,
      remedy: expect.stringContaining('"permissions: contents: read, checks: read, statuses: read"'),
    })
  })

  test('a server that failed once is asked again, and not for ever', async () => {
    put(api.tag('2.3.4').commit, [success])
    const down = { status: 502, message: 'Server Error' }
    api.refuse(down)
    expect(await read()).toMatchObject([{ kind: 'passed' }])
    api.refuse(down, down)
    await expect(read()).rejects.toMatchObject({ name: 'github-unreadable', status: 502 })
  })
})

describe('rate limits', () => {
  const limit = (headers: Record<string, string> = {}) => ({ status: 403, message: 'rate limit', headers })
  test.each([
    { what: 'as long as GitHub asks', timeout: 900_000, says: [{ 'retry-after': '120' }], slept: [120_000] },
    { what: 'longer each time', timeout: 900_000, says: [{}, {}], slept: [60_000, 120_000] },
    { what: 'for a minute without a timeout', timeout: 0, says: [{}], slept: [60_000] },
  ])('are waited for, $what', async ({ timeout, says, slept }) => {
    put(api.tag('2.3.4').commit, [success])
    api.refuse(...says.map(limit))
    const ports = surroundings()
    expect(await read({ timeout }, ports)).toMatchObject([{ kind: 'passed' }])
    expect(ports.clock.slept).toEqual(slept)
    expect(ports.log.lines.filter(line => line.includes('rate limit'))).toHaveLength(slept.length)
  })

  test.each([
    { what: 'for longer than there is time', timeout: 0, says: { 'retry-after': '120' }, slept: [] },
    { what: 'on and on', timeout: 900_000, says: {}, slept: [60_000, 120_000, 240_000, 480_000] },
  ])('end the run if they last $what', async ({ timeout, says, slept }) => {
    api.tag('2.3.4')
    api.refuse(...Array.from({ length: 50 }, () => limit(says)))
    const ports = surroundings()
    await expect(read({ timeout }, ports)).rejects.toMatchObject({
      name: 'github-unreadable',
      remedy: expect.stringContaining('checks-timeout'),
    })
    expect(ports.clock.slept).toEqual(slept)
  })
})

describe('waiting', () => {
  const waitWith = (timeout: number, onSleep: (passed: number) => void) => {
    const ports = surroundings()
    const started = ports.clock.now()
    ports.clock.onSleep = now => onSleep(now - started)
    return { ports, states: read({ timeout }, ports) }
  }

  test('for a check that is absent, then running, then passed', async () => {
    const { commit } = api.tag('2.3.4')
    let id: number | undefined
    const { ports, states } = waitWith(600_000, passed => {
      if (id === undefined && passed > 60_000)
        id = api.checkRun(commit, { name: 'testbed', status: 'queued' })
      if (id !== undefined && passed > 180_000) api.update(id, { status: 'completed', conclusion: 'success' })
    })
    expect(await states).toMatchObject([{ kind: 'passed' }])
    expect(ports.log.lines[0]).toBe('Waiting for the checks testbed, up to 10 min')
    // The git tag is resolved once.
    expect(api.requests.filter(({ path }) => path.includes('/git/'))).toHaveLength(1)
  })

  test.each([0, 100_000])('no longer than %s ms', async timeout => {
    put(api.tag('2.3.4').commit, [is('in_progress')])
    const { ports, states } = waitWith(timeout, () => {})
    expect(await states).toMatchObject([{ kind: 'running', state: 'in_progress' }])
    expect(ports.clock.slept.reduce((sum, time) => sum + time, 0)).toBe(timeout)
  })

  test('not on, once a check has failed', async () => {
    const { commit } = api.tag('2.3.4')
    put(commit, [is('in_progress')])
    const { ports, states } = waitWith(3_600_000, passed => {
      if (passed > 20_000) put(commit, [said('failure')])
    })
    expect(await states).toMatchObject([{ kind: 'failed' }])
    expect(ports.clock.slept.reduce((sum, time) => sum + time, 0)).toBeLessThan(60_000)
  })
})
