import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMIT, runStep, type Step } from './action.ts'
import { stableRelease } from './command-line.ts'
import { type Loopback, serve, withPrograms } from './loopback.ts'
import { registryWith } from './one-image.ts'

const image = registryWith(COMMIT)

let workspace: string
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'interrupted-waits-'))
  await mkdir(join(workspace, 'service'))
  await writeFile(join(workspace, 'service', 'Dockerfile'), 'FROM scratch\n')
})
afterAll(() => rm(workspace, { recursive: true }))

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const json = (response: ServerResponse, value: unknown): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

/** What answers, unless a case says otherwise: a registry with the first tag alone, GitHub with a check that runs. */
const usual: Answer = (request, response) => {
  const { url = '' } = request
  if (url.startsWith('/v2/')) image(request, response as Parameters<typeof image>[1])
  else if (/\/status(?:\?|$)/.test(url)) {
    json(response, { url, statuses: [{ context: 'testbed', state: 'pending' }], total_count: 1 })
  } else if (url.includes('/check-runs')) {
    json(response, { check_runs: [], total_count: 0 })
  } else if (url.includes('/git/ref/')) {
    json(response, { object: { type: 'commit', sha: COMMIT } })
  } else {
    response.writeHead(url === '/v2/' ? 200 : 404).end()
  }
}

/** A registry that has nothing. */
const empty: Answer = (request, response) => {
  const { url = '' } = request
  if (url.includes('/git/ref/')) usual(request, response)
  else response.writeHead(url === '/v2/' ? 200 : 404).end()
}

interface Case {
  readonly wait: string
  readonly command?: 'release' | 'promote'
  /** Answers requests; gives back whether the run waits from then on. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse, host: string) => boolean
  readonly inputs?: (host: string) => Step['with']
  /** Programs on the PATH; one that touches `$WAITS` says that the run waits. */
  readonly programs?: Readonly<Record<string, string>>
  /** Docker's configuration. */
  readonly config?: object
}

const then =
  (answer: Answer, waits: (url: string) => boolean): NonNullable<Case['answer']> =>
  (request, response) => {
    answer(request, response)
    return waits(request.url ?? '')
  }

const cases: Case[] = [
  {
    wait: 'for a package',
    answer: then(empty, url => url.startsWith('/simple/')),
    inputs: host => ({ package: 's', 'package-index': `http://${host}/simple`, 'package-timeout': '5m' }),
  },
  {
    wait: 'for an index that says nothing',
    answer: (request, response) => {
      const waits = request.url?.startsWith('/simple/') === true
      if (!waits) empty(request, response)
      return waits
    },
    inputs: host => ({ package: 's', 'package-index': `http://${host}/simple`, 'package-timeout': '5m' }),
  },
  {
    wait: 'for checks',
    command: 'promote',
    answer: then(usual, url => url.includes('/check-runs')),
    inputs: () => ({ 'require-checks': 'testbed', 'checks-timeout': '5m' }),
  },
  {
    wait: "for GitHub's rate limit",
    command: 'promote',
    answer: (request, response) => {
      const waits = /\/(?:git\/ref|commits)\//.test(request.url ?? '')
      if (waits) response.writeHead(403, { 'retry-after': '60' }).end('{}')
      else usual(request, response)
      return waits
    },
    inputs: () => ({ 'require-checks': 'testbed', 'checks-timeout': '5m' }),
  },
  {
    wait: 'before the next attempt at a registry',
    answer: then(
      (_, response) => void response.writeHead(503, { 'retry-after': '20' }).end(),
      () => true,
    ),
  },
  { wait: 'for a registry that says nothing', answer: () => true },
  {
    wait: 'for a token',
    answer: (request, response, host) => {
      if (request.url?.startsWith('/token') === true) return true
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="x"` }).end()
      return false
    },
  },
  {
    wait: 'before the next login',
    answer: then(empty, () => false),
    inputs: () => ({ username: 'bob', password: 'secret' }),
    programs: { docker: '[ "$1" = login ] && : > "$WAITS" && echo "connection reset"; exit 1' },
  },
  {
    wait: 'for docker login',
    answer: then(empty, () => false),
    inputs: () => ({ username: 'bob', password: 'secret' }),
    programs: { docker: '[ "$1" = login ] && : > "$WAITS" && exec /bin/sleep 600; exit 1' },
  },
  {
    wait: 'before the next push',
    answer: then(empty, () => false),
    programs: {
      docker:
        '[ "$1" = version ] && exit 0; : > "$WAITS"; echo "ERROR: failed to push: 503 Service Unavailable"; exit 1',
    },
  },
  {
    wait: 'for a build',
    answer: then(empty, () => false),
    programs: { docker: '[ "$1" = buildx ] && : > "$WAITS" && exec /bin/sleep 600; exit 1' },
  },
  {
    wait: 'for a credential helper',
    answer: then(empty, () => false),
    programs: { 'docker-credential-slow': ': > "$WAITS"; exec /bin/sleep 600' },
    config: { credsStore: 'slow' },
  },
]

describe.each(cases)('a wait $wait', ({ command = 'release', answer, inputs, programs = {}, config }) => {
  const withSurroundings = async <T>(
    use: (given: {
      inputs: Step['with']
      env: NodeJS.ProcessEnv
      host: string
      /** Sends the signal when the run waits, and gives back how long it took to end. */
      interrupt: (kill: (signal: NodeJS.Signals) => void) => void
    }) => Promise<T>,
  ): Promise<T & { took: number }> => {
    let isWaiting = false
    let server: Loopback | undefined
    const { env, folder } = await withPrograms(programs)
    const waits = join(folder, 'waits')
    if (config !== undefined) await writeFile(join(folder, 'config.json'), JSON.stringify(config))
    try {
      server = await serve((request, response) => {
        isWaiting = answer?.(request, response, server?.host ?? '') === true || isWaiting
      })
      const { host } = server
      let sent = 0
      const interrupt = async (kill: (signal: NodeJS.Signals) => void): Promise<void> => {
        while (!isWaiting && !existsSync(waits)) await sleep(20)
        await sleep(250)
        sent = performance.now()
        kill('SIGINT')
      }
      const order = { registry: host, project: 'p', service: 's', command, ...inputs?.(host) }
      const ended = await use({
        inputs: { ...order, ...(command === 'release' ? { context: 'service' } : {}) },
        env: { ...env, WAITS: waits },
        host,
        interrupt: kill => void interrupt(kill),
      })
      return { ...ended, took: performance.now() - sent }
    } finally {
      server?.stop()
      await rm(folder, { recursive: true })
    }
  }

  test('ends in the action', async () => {
    const step = await withSurroundings(({ inputs: given, env, host, interrupt }) =>
      runStep({
        tag: '2.3.4',
        workspace,
        env,
        apiUrl: `http://${host}`,
        with: { 'github-token': 'ghs_x', ...given },
        onStart: ({ kill }) => interrupt(kill),
      }),
    )
    expect(step, step.log).toMatchObject({ exitCode: 1, signal: null, leftBehind: [], outputs: {} })
    // What is built here is no checkout, of which a warning tells.
    expect(step.annotations.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        title: 'The run was interrupted',
        message:
          'The run was interrupted by SIGINT: somebody cancelled the job, or the runner is shutting down. What was published by then stays. Run the job again: it resumes where this one stopped.',
      },
    ])
    expect(step.summary).toMatch(/^### ❌ s( 2\.3\.4)?: The run was interrupted$/m)
    expect(step.log + step.summary).not.toMatch(/abort|internal|✗ .*failed|^ +failed/im)
    expect(step.took).toBeLessThan(8_000)
  })

  test('ends on the command line', async () => {
    const ended = await withSurroundings(({ inputs: given, env, host, interrupt }) => {
      const { registry = '', service = '', project = '', command: name = '', password, ...options } = given
      return stableRelease(
        [
          name,
          service,
          '2.3.4',
          registry,
          project,
          ...Object.entries(options).map(([option, value]) => `--${option}=${value}`),
        ],
        {
          cwd: workspace,
          env: {
            ...env,
            GITHUB_API_URL: `http://${host}`,
            GITHUB_TOKEN: 'ghs_x',
            GITHUB_REPOSITORY: 'dmwm/WMCore',
            ...(password === undefined ? {} : { STABLE_RELEASE_PASSWORD: password }),
          },
          onStart: ({ kill }) => interrupt(kill),
        },
      )
    })
    expect(ended, ended.stderr).toMatchObject({
      exitCode: null,
      signal: 'SIGINT',
      stdout: '',
      leftBehind: [],
    })
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toBe(
      'error: The run was interrupted by SIGINT. Run it again: it resumes where this one stopped.',
    )
    expect(ended.stderr).not.toMatch(/abort|internal|✗ .*failed|^ +failed/im)
    expect(ended.took).toBeLessThan(8_000)
  })
})
