import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ReleaseError } from '../../src/errors.ts'
import { type CheckState, describeCheck } from '../../src/gates/check-state.ts'
import { awaitChecks, type ChecksGate, requireReadableChecks } from '../../src/gates/checks.ts'
import {
  type CheckRunEntry,
  type GitHubApi,
  type GitHubApiOptions,
  type Refusal,
  type StatusEntry,
  startGitHubApi,
} from './github-api.ts'
import { type ScriptedServer, startScriptedServer } from './index-server.ts'
import { surroundings } from './surroundings.ts'

const OWN_RUN = '777'
/** A git tag whose commit the run does not know. */
const TAG = { gitTag: '2.3.4', revision: undefined }

let api: GitHubApi
beforeEach(async () => {
  api = await startGitHubApi()
})
afterEach(() => api.stop())

const gateOf = (others: Partial<ChecksGate> & { token?: string; apiUrl?: string } = {}): ChecksGate => {
  const { token = api.token, apiUrl = api.url, ...gate } = others
  const repository = { apiUrl, name: api.repository, token }
  return { repository, names: ['testbed'], timeout: 0, ownRun: OWN_RUN, ...gate }
}

const read = async (others: Parameters<typeof gateOf>[0] = {}): Promise<readonly CheckState[]> =>
  awaitChecks(gateOf(others), TAG, surroundings())

const failureOf = async (running: Promise<unknown>): Promise<string> => {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ReleaseError) return `${error.name}: ${error.message}`
  throw error ?? new Error('it did not fail')
}

/** Uses another API than the one of every test. */
const withApi = async <T>(options: GitHubApiOptions, use: (api: GitHubApi) => Promise<T>): Promise<T> => {
  await api.stop()
  api = await startGitHubApi(options)
  return use(api)
}

/** Uses a server that answers everything so. */
const withAnswer = async <T>(
  { body, type }: { body: string; type: string | undefined },
  use: (server: ScriptedServer) => Promise<T>,
): Promise<T> => {
  const server = await startScriptedServer([{ body, ...(type === undefined ? {} : { type }) }])
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

type Entry = ({ status: StatusEntry['state'] } | { run: Omit<CheckRunEntry, 'name'> }) & { name?: string }

const put = (sha: string, entries: readonly Entry[]): void => {
  for (const { name = 'testbed', ...entry } of entries) {
    if ('run' in entry) api.checkRun(sha, { name, ...entry.run })
    else api.status(sha, { context: name, state: entry.status })
  }
}

const success: Entry = { run: { conclusion: 'success' } }

describe('how a required check stands', () => {
  const table: readonly { what: string; there: readonly Entry[]; is: CheckState['kind']; state: string }[] = [
    { what: 'nothing at all, which GitHub calls pending', there: [], is: 'absent', state: 'not found' },
    { what: 'others alone', there: [{ ...success, name: 'testbed2' }], is: 'absent', state: 'not found' },
    { what: 'another status', there: [{ status: 'success', name: 'ci' }], is: 'absent', state: 'not found' },
    { what: 'a passed status', there: [{ status: 'success' }], is: 'passed', state: 'success' },
    { what: 'a failed status', there: [{ status: 'failure' }], is: 'failed', state: 'failure' },
    { what: 'a status in error', there: [{ status: 'error' }], is: 'failed', state: 'error' },
    { what: 'a pending status', there: [{ status: 'pending' }], is: 'running', state: 'pending' },
    {
      what: 'a status that passed later',
      there: [{ status: 'failure' }, { status: 'success' }],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a status that failed later',
      there: [{ status: 'success' }, { status: 'failure' }],
      is: 'failed',
      state: 'failure',
    },
    { what: 'a passed run', there: [success], is: 'passed', state: 'success' },
    ...['failure', 'neutral', 'skipped', 'cancelled', 'timed_out', 'action_required', 'stale'].map(
      conclusion => ({
        what: `a run that ended as ${conclusion}`,
        there: [{ run: { conclusion } }],
        is: 'failed' as const,
        state: conclusion,
      }),
    ),
    { what: 'a queued run', there: [{ run: { status: 'queued' } }], is: 'running', state: 'queued' },
    {
      what: 'a run under way',
      there: [{ run: { status: 'in_progress' } }],
      is: 'running',
      state: 'in_progress',
    },
    {
      what: 'a run that was completed without a conclusion',
      there: [{ run: { status: 'completed' } }],
      is: 'failed',
      state: 'without conclusion',
    },
    {
      what: 'status and run, both passed',
      there: [{ status: 'success' }, success],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a passed status and a failed run',
      there: [{ status: 'success' }, { run: { conclusion: 'failure' } }],
      is: 'failed',
      state: 'failure',
    },
    {
      what: 'a failed status and a passed run',
      there: [{ status: 'error' }, success],
      is: 'failed',
      state: 'error',
    },
    {
      what: 'a pending status and a passed run',
      there: [{ status: 'pending' }, success],
      is: 'running',
      state: 'pending',
    },
    {
      what: 'a failed run, repeated in its suite and passed',
      there: [{ run: { conclusion: 'failure', suite: 1 } }, { run: { conclusion: 'success', suite: 1 } }],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a failed run, and a newer one of the app in another suite that passed',
      there: [{ run: { conclusion: 'failure', suite: 1 } }, { run: { conclusion: 'success', suite: 2 } }],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a passed run, and a newer one of the app in another suite that failed',
      there: [{ run: { conclusion: 'success', suite: 1 } }, { run: { conclusion: 'failure', suite: 2 } }],
      is: 'failed',
      state: 'failure',
    },
    {
      what: 'a passed run, and a newer one that is under way',
      there: [{ run: { conclusion: 'success', suite: 1 } }, { run: { status: 'in_progress', suite: 2 } }],
      is: 'running',
      state: 'in_progress',
    },
    {
      what: 'runs of two apps, of which the older one failed',
      there: [{ run: { conclusion: 'failure', app: 'jenkins' } }, { run: { conclusion: 'success' } }],
      is: 'failed',
      state: 'failure',
    },
    {
      what: 'runs of two apps that passed',
      there: [{ run: { conclusion: 'success', app: 'jenkins' } }, success],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a job of the run that asks',
      there: [{ run: { status: 'in_progress', actionsRun: OWN_RUN } }],
      is: 'absent',
      state: 'not found',
    },
    {
      what: 'a passed run, and a newer job of the run that asks',
      there: [
        { run: { conclusion: 'success', actionsRun: '77', suite: 1 } },
        { run: { status: 'in_progress', actionsRun: OWN_RUN, suite: 2 } },
      ],
      is: 'passed',
      state: 'success',
    },
    {
      what: 'a job of a run whose number only begins alike',
      there: [{ run: { status: 'in_progress', actionsRun: `${OWN_RUN}7` } }],
      is: 'running',
      state: 'in_progress',
    },
  ]
  test.each(table)('$what: $is', async ({ there, is, state }) => {
    put(api.tag('2.3.4').commit, there)
    const [check, ...others] = await read()
    expect(others).toEqual([])
    expect(check).toMatchObject({ name: 'testbed', kind: is, state })
  })

  test('what lies on the commit of another tag does not count', async () => {
    api.tag('2.3.4')
    put(api.tag('2.3.3').commit, [success, { status: 'success' }])
    expect(await read()).toMatchObject([{ kind: 'absent' }])
  })

  test('each of several names by itself, in their order, with a link', async () => {
    const { commit } = api.tag('2.3.4')
    const id = api.checkRun(commit, { name: 'unit', conclusion: 'success', actionsRun: '5' })
    api.status(commit, { context: 'testbed', state: 'failure', url: 'https://ci.example.org/job/7' })
    const names = ['testbed', 'unit', 'lint / py38 (3.8)']
    const states = await read({ names })
    expect(states.map(describeCheck)).toEqual([
      'testbed: failure (https://ci.example.org/job/7)',
      `unit: success (https://github.com/dmwm/WMCore/actions/runs/5/job/${id})`,
      'lint / py38 (3.8): not found (the commit has "testbed", "unit")',
    ])
  })

  test('a check that is not found: what the commit has, without the jobs of the run that asks', async () => {
    const { commit } = api.tag('2.3.4')
    put(commit, [
      { ...success, name: 'unit' },
      { status: 'success', name: 'jenkins' },
      { run: { status: 'in_progress', actionsRun: OWN_RUN }, name: 'publish' },
    ])
    const { log, ...others } = surroundings()
    await awaitChecks(gateOf(), TAG, { log, ...others })
    expect(log.lines).toEqual(['testbed: not found (the commit has "jenkins", "unit")'])
  })

  test('names are not mistaken for parts of an address', async () => {
    const { commit } = api.tag('2.3.4')
    for (const name of ['a & b?c#d', 'ci/jenkins: ü+%20']) {
      api.checkRun(commit, { name, conclusion: 'success' })
      expect(await read({ names: [name] })).toMatchObject([{ name, kind: 'passed' }])
    }
  })

  test.each([
    { tag: '2.3.4', kind: { annotated: true } },
    { tag: '2.3.4', kind: { nested: true } },
    { tag: '2.3.4', kind: {} },
    { tag: 'release/2.3.4+x', kind: {} },
    { tag: 'no#2%20?a=b', kind: {} },
  ])('the commit of $tag is asked for, $kind', async ({ tag, kind }) => {
    put(api.tag(tag, kind).commit, [success])
    expect(await awaitChecks(gateOf(), { gitTag: tag, revision: undefined }, surroundings())).toMatchObject([
      { kind: 'passed' },
    ])
  })
})

describe('lists of more than one page', () => {
  test('statuses', async () => {
    const { commit } = api.tag('2.3.4')
    // The newest come first: the one that is looked for is on the last page.
    put(commit, [{ status: 'success' }])
    for (let index = 0; index < 230; index += 1) put(commit, [{ status: 'failure', name: `other ${index}` }])
    expect(await read()).toMatchObject([{ kind: 'passed' }])
    const pages = api.requests.filter(({ path }) => path.includes('/status?')).map(({ path }) => path)
    expect(pages.map(path => path.replace(/^.*\?/, ''))).toEqual([
      'per_page=100&page=1',
      'per_page=100&page=2',
      'per_page=100&page=3',
    ])
  })

  test('check runs', async () => {
    const { commit } = api.tag('2.3.4')
    put(commit, [{ run: { conclusion: 'failure', app: 'jenkins' } }])
    for (let suite = 0; suite < 120; suite += 1) put(commit, [{ run: { conclusion: 'success', suite } }])
    expect(await read()).toMatchObject([{ kind: 'failed' }])
  })
})

test('the requests are as GitHub wants them', async () => {
  put(api.tag('2.3.4').commit, [success])
  await read()
  const repository = '/repos/dmwm/WMCore'
  expect(api.requests.map(({ path }) => path.replace(/[0-9a-f]{40}/, 'SHA')).toSorted()).toEqual([
    `${repository}/commits/SHA/check-runs?check_name=testbed&filter=latest&per_page=100&page=1`,
    `${repository}/commits/SHA/status?per_page=100&page=1`,
    `${repository}/git/ref/tags%2F2.3.4`,
  ])
  for (const { headers } of api.requests) {
    expect(headers).toMatchObject({
      accept: 'application/vnd.github+json',
      authorization: `token ${api.token}`,
      'x-github-api-version': '2022-11-28',
    })
    expect(headers['user-agent']).toMatch(/^stable-release-action\//)
  }
})

test.each(['', '/'])('GitHub Enterprise has its API below a path, with "%s" behind it', async end => {
  await withApi({ basePath: '/api/v3' }, async ({ url, tag, requests }) => {
    put(tag('2.3.4').commit, [success])
    expect(await read({ apiUrl: `${url}${end}` })).toMatchObject([{ kind: 'passed' }])
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200])
  })
})

describe('what can not be read is an error, and says how to mend it', () => {
  const all = '"permissions: contents: read, checks: read, statuses: read"'
  test.each([
    { lacking: 'checks', permissions: ['contents', 'statuses'] as const, needs: 'checks: read' },
    { lacking: 'statuses', permissions: ['contents', 'checks'] as const, needs: 'statuses: read' },
  ])('a token that lacks $lacking', async ({ permissions, needs }) => {
    await withApi({ permissions }, async ({ tag }) => {
      tag('2.3.4')
      const said = await failureOf(requireReadableChecks(gateOf(), TAG, surroundings()))
      expect(said).toMatch(/^github-unreadable: GitHub refused access to dmwm\/WMCore: GET /)
      expect(said).toContain('status 403, Resource not accessible by integration')
      expect(said).toContain(`Give the token ${all}; this request needs ${needs}.`)
    })
  })

  test('a private repository that the token may not see', async () => {
    await withApi({ permissions: [] }, async ({ tag }) => {
      tag('2.3.4')
      const said = await failureOf(read())
      expect(said).toContain('does not have this git tag, or does not show it')
      expect(said).toContain('status 404, Not Found')
      expect(said).toContain(all)
    })
  })

  test('a git tag that is not pushed', async () => {
    const said = await failureOf(read())
    expect(said).toMatch(/^invalid-input: dmwm\/WMCore does not have this git tag, or does not show it: /)
    expect(said).toContain('status 404, Not Found')
    expect(said).toContain('push the git tag first')
    expect(said).toContain(all)
  })

  test('a token that GitHub does not know; it is not in the message', async () => {
    api.tag('2.3.4')
    const { log, ...others } = surroundings()
    const gate = gateOf({ token: 'ghp_WrongToken' })
    const said = await failureOf(awaitChecks(gate, TAG, { log, ...others }))
    expect(said).toContain('GitHub does not accept the token: GET ')
    expect(said).toContain('status 401, Bad credentials')
    expect([said, ...log.lines].join('\n')).not.toContain('WrongToken')
  })

  test('servers that fail, also at a second attempt', async () => {
    api.tag('2.3.4')
    const down = { status: 502, message: 'Server Error' }
    api.refuse(down, down)
    const said = await failureOf(read())
    expect(said).toContain('The GitHub API gave no usable answer')
    expect(said).toContain('status 502, Server Error')
    expect(said).not.toContain('permissions')
  })

  test('a server that failed once is asked again', async () => {
    put(api.tag('2.3.4').commit, [success])
    api.refuse({ status: 503, message: 'Unavailable' })
    expect(await read()).toMatchObject([{ kind: 'passed' }])
  })

  test('no server', async () => {
    const said = await failureOf(read({ apiUrl: 'http://127.0.0.1:9' }))
    expect(said).toMatch(/^github-unreadable: The GitHub API did not answer: GET .*ECONNREFUSED/)
  })

  test('something that is not the API', async () => {
    const sha = '0a'.repeat(20)
    const objects = [
      { type: 'commit' },
      { sha },
      ...[7, '0a', '../../user'].map(sha => ({ type: 'commit', sha })),
    ]
    const answers = ['<html>', '[]', 'null', '7', ...objects.map(object => JSON.stringify({ object }))]
    const lists = [
      { statuses: {} },
      { url: '', statuses: [{ context: 'testbed' }] },
      { total_count: 1, check_runs: [] },
    ].map(list => JSON.stringify({ object: { type: 'commit', sha }, ...list }))
    for (const body of [...answers, ...lists]) {
      for (const type of ['application/json', 'text/html', undefined]) {
        const said = await withAnswer({ body, type }, server => failureOf(read({ apiUrl: server.url })))
        expect(said).toContain('The answer of the GitHub API can not be used')
        expect(said).toContain('check that GITHUB_API_URL is the address of the API')
      }
    }
  })
})

test('an API that shows runs of other names too is not taken by its word', async () => {
  await withApi({ showsAllNames: true }, async ({ tag }) => {
    put(tag('2.3.4').commit, [{ ...success, name: 'testbed2' }])
    expect(await read()).toMatchObject([{ kind: 'absent' }])
  })
})

describe('rate limits', () => {
  const reset = (inSeconds: number) => String(Math.ceil(Date.now() / 1000) + inSeconds)
  const primary = 'API rate limit exceeded for installation.'
  const secondary =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'

  const table: readonly {
    what: string
    refusals: () => Refusal[]
    waits: readonly (readonly [number, number])[]
  }[] = [
    {
      what: '403 with retry-after',
      refusals: () => [{ status: 403, message: secondary, headers: { 'retry-after': '37' } }],
      waits: [[37_000, 37_000]],
    },
    {
      what: '429 with retry-after for longer than requests are repeated',
      refusals: () => [{ status: 429, message: secondary, headers: { 'retry-after': '120' } }],
      waits: [[120_000, 120_000]],
    },
    {
      what: '403 until x-ratelimit-reset',
      refusals: () => [
        {
          status: 403,
          message: primary,
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) },
        },
      ],
      waits: [[80_000, 91_000]],
    },
    {
      what: 'a reset that is over',
      refusals: () => [
        {
          status: 403,
          message: primary,
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(-90) },
        },
      ],
      waits: [[1_000, 1_000]],
    },
    {
      what: 'retry-after 0 does not mean at once',
      refusals: () => [{ status: 403, message: secondary, headers: { 'retry-after': '0' } }],
      waits: [[1_000, 1_000]],
    },
    {
      what: 'a secondary limit that does not say how long: a minute, then more',
      refusals: () => [
        { status: 403, message: secondary },
        { status: 403, message: secondary },
      ],
      waits: [
        [60_000, 60_000],
        [120_000, 120_000],
      ],
    },
  ]
  test.each(table)('$what', async ({ refusals, waits }) => {
    put(api.tag('2.3.4').commit, [success])
    api.refuse(...refusals())
    const ports = surroundings()
    const { clock, log } = ports
    const gate = { ...gateOf(), timeout: 900_000 }
    expect(await awaitChecks(gate, TAG, ports)).toMatchObject([{ kind: 'passed' }])
    expect(clock.slept).toHaveLength(waits.length)
    for (const [index, [least, most]] of waits.entries()) {
      expect(clock.slept[index]).toBeGreaterThanOrEqual(least)
      expect(clock.slept[index]).toBeLessThanOrEqual(most)
    }
    expect(log.lines.filter(line => line.includes('rate limit'))).toHaveLength(waits.length)
  })

  test('one that lasts too long ends the run', async () => {
    api.tag('2.3.4')
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(3000) }
    api.refuse({ status: 403, message: primary, headers })
    const { clock, ...others } = surroundings()
    const said = await failureOf(awaitChecks(gateOf(), TAG, { clock, ...others }))
    expect(said).toMatch(
      /the rate limit of the GitHub API is used up for another (50 min( [0-9] s)?|49 min 5[0-9] s)\./,
    )
    expect(clock.slept).toEqual([])
  })

  test('one that goes on and on ends the run', async () => {
    api.tag('2.3.4')
    api.refuse(...Array.from({ length: 50 }, () => ({ status: 403, message: secondary })))
    const { clock, ...others } = surroundings()
    const gate = { ...gateOf(), timeout: 900_000 }
    const said = await failureOf(awaitChecks(gate, TAG, { clock, ...others }))
    expect(said).toContain('the rate limit of the GitHub API is used up')
    expect(clock.slept).toEqual([60_000, 120_000, 240_000, 480_000])
  })

  test('a gate that waits for no checks waits a minute for one, and no longer', async () => {
    put(api.tag('2.3.4').commit, [success])
    api.refuse({ status: 403, message: secondary })
    const once = surroundings()
    expect(await awaitChecks(gateOf(), TAG, once)).toMatchObject([{ kind: 'passed' }])
    api.refuse({ status: 429, message: secondary, headers: { 'retry-after': '120' } })
    const never = surroundings()
    expect(await failureOf(awaitChecks(gateOf(), TAG, never))).toMatch(
      /used up for another 2 min\..* A longer checks-timeout waits for it, too\./,
    )
    expect([once.clock.slept, never.clock.slept]).toEqual([[60_000], []])
  })
})

describe('waiting', () => {
  const waitWith = (timeout: number, onSleep: (passed: number) => void) => {
    const ports = surroundings()
    const started = ports.clock.now()
    ports.clock.onSleep = now => onSleep(now - started)
    return { ports, states: awaitChecks(gateOf({ timeout }), TAG, ports) }
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
    const { clock, log } = ports
    expect(clock.slept[0]).toBe(5_000)
    expect(Math.max(...clock.slept)).toBe(30_000)
    expect(log.lines[0]).toBe('Waiting for the checks testbed, up to 10 min')
    expect(log.lines.filter(line => line.startsWith('Still waiting'))).toHaveLength(2)
    expect(log.lines.at(-1)).toMatch(/^testbed: success \(https:/)
    // The git tag is resolved once.
    expect(api.requests.filter(({ path }) => path.endsWith('/git/ref/tags%2F2.3.4'))).toHaveLength(1)
  })

  test('no longer than the time that is given', async () => {
    put(api.tag('2.3.4').commit, [{ run: { status: 'in_progress' } }])
    const { ports, states } = waitWith(100_000, () => {})
    expect(await states).toMatchObject([{ kind: 'running', state: 'in_progress' }])
    expect(ports.clock.slept.reduce((sum, time) => sum + time, 0)).toBe(100_000)
  })

  test('not at all by default', async () => {
    api.tag('2.3.4')
    const { ports, states } = waitWith(0, () => {})
    expect(await states).toMatchObject([{ kind: 'absent' }])
    expect(ports.clock.slept).toEqual([])
  })

  test('not on, once a check has failed', async () => {
    const { commit } = api.tag('2.3.4')
    put(commit, [{ run: { status: 'in_progress' } }])
    const { ports, states } = waitWith(3_600_000, passed => {
      if (passed > 20_000) put(commit, [{ status: 'failure' }])
    })
    expect(await states).toMatchObject([{ kind: 'failed' }])
    expect(ports.clock.slept.reduce((sum, time) => sum + time, 0)).toBeLessThan(60_000)
  })
})
