import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve } from '../registry/serve.ts'
import { COMMIT, runStep, type Step } from './action.ts'
import { stableRelease } from './command-line.ts'
import { expectFailure } from './expect-failure.ts'
import { emptyRegistry, registryWith } from './one-image.ts'
import { withPrograms } from './programs.ts'

/** What a run meets that it waits for. */
interface Wait {
  readonly wait: string
  readonly command?: 'promote'
  /** Answers requests, if it is not an empty registry; gives back whether the run waits from then on. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse, host: string) => boolean
  readonly inputs?: (host: string) => Step['with']
  /** Programs on the PATH; one that touches `$WAITS` says that the run waits. */
  readonly programs?: Readonly<Record<string, string>>
  /** Docker's configuration. */
  readonly config?: object
}

const CHECKS = () => ({ 'require-checks': 'testbed', 'checks-timeout': '5m' })

const AT_SILENT_REGISTRY: Wait = { wait: 'for a registry that says nothing', answer: () => true }
const AT_BUILD: Wait = {
  wait: 'for a build',
  programs: { docker: '[ "$1" = buildx ] && : > "$WAITS" && exec /bin/sleep 600; exit 1' },
}
const AT_HELPER: Wait = {
  wait: 'for a credential helper',
  programs: { 'docker-credential-slow': ': > "$WAITS"; exec /bin/sleep 600' },
  config: { credsStore: 'slow' },
}

const waits: readonly Wait[] = [
  {
    wait: 'for a package',
    answer: (request, response) => {
      emptyRegistry(request, response)
      return request.url?.startsWith('/simple/') === true
    },
    programs: { docker: 'exit 0' },
    inputs: host => ({ package: 's', 'package-index': `http://${host}/simple`, 'package-timeout': '5m' }),
  },
  {
    wait: 'for checks',
    command: 'promote',
    answer: (request, response) => {
      published(request, response)
      return request.url?.includes('/check-runs') === true
    },
    inputs: CHECKS,
  },
  {
    wait: "for GitHub's rate limit",
    command: 'promote',
    answer: (request, response) => {
      const waits = request.url?.includes('/commits/') === true
      if (waits) response.writeHead(403, { 'retry-after': '60' }).end('{}')
      else published(request, response)
      return waits
    },
    inputs: CHECKS,
  },
  {
    wait: 'before the next attempt at a registry',
    answer: (_, response) => {
      response.writeHead(503, { 'retry-after': '20' }).end()
      return true
    },
  },
  {
    wait: 'for a token',
    answer: (request, response, host) => {
      if (request.url?.startsWith('/token') === true) return true
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="x"` }).end()
      return false
    },
  },
  {
    wait: 'for docker login',
    inputs: () => ({ username: 'bob', password: 'secret' }),
    programs: { docker: '[ "$1" = login ] && : > "$WAITS" && exec /bin/sleep 600; exit 1' },
  },
  {
    wait: 'before the next push',
    programs: {
      docker:
        '[ "$1" = version ] && exit 0; : > "$WAITS"; echo "ERROR: failed to push: 503 Service Unavailable"; exit 1',
    },
  },
  AT_SILENT_REGISTRY,
  AT_BUILD,
  AT_HELPER,
]

let workspace: string
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'interrupted-waits-'))
  await mkdir(join(workspace, 'service'))
  await writeFile(join(workspace, 'service', 'Dockerfile'), 'FROM scratch\n')
})
afterAll(() => rm(workspace, { recursive: true }))

test.each(waits)('a wait $wait ends in the action', async wait => {
  const { took, ...step } = await interrupted(wait, ({ inputs, env, host, onStart }) =>
    runStep({
      tag: '2.3.4',
      workspace,
      env,
      apiUrl: `http://${host}`,
      with: { 'github-token': 'ghs_x', ...inputs },
      onStart,
    }),
  )
  // What a promotion knows already is an output.
  expectFailure(step, 'interrupted', ['SIGINT'])
  expect(step.log + step.summary).not.toMatch(/abort|internal/i)
  expect(took).toBeLessThan(8_000)
})

test.each([AT_SILENT_REGISTRY, AT_BUILD, AT_HELPER])('a wait $wait ends on the command line', async wait => {
  const { took, ...ended } = await interrupted(wait, ({ inputs, env, onStart }) => {
    const { registry = '', service = '', project = '', context = '' } = inputs
    return stableRelease(['release', service, '2.3.4', registry, project, '--context', context], {
      cwd: workspace,
      env,
      onStart,
    })
  })
  expect(ended, ended.stderr).toMatchObject({ exitCode: null, signal: 'SIGINT', leftBehind: [] })
  expect(ended.stderr).toContain('#interrupted')
  expect(ended.stderr).not.toMatch(/abort|internal/i)
  expect(took).toBeLessThan(8_000)
})

/** Runs something that meets a wait, sends SIGINT when it waits, and adds how long it took to end. */
async function interrupted<T>(
  { command, answer, inputs, programs = {}, config }: Wait,
  use: (given: {
    inputs: Step['with']
    env: NodeJS.ProcessEnv
    host: string
    onStart: NonNullable<Step['onStart']>
  }) => Promise<T>,
): Promise<T & { took: number }> {
  let isWaiting = false
  let sent = 0
  const { env, folder } = await withPrograms(programs)
  const touched = join(folder, 'waits')
  if (config !== undefined) await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  try {
    const { host } = await serve((request, response) => {
      if (answer === undefined) emptyRegistry(request, response)
      else isWaiting = answer(request, response, request.headers.host ?? '') || isWaiting
    })
    const sendWhenWaiting = async (kill: (signal: NodeJS.Signals) => void): Promise<void> => {
      while (!isWaiting && !existsSync(touched)) await sleep(20)
      await sleep(250)
      sent = performance.now()
      kill('SIGINT')
    }
    const what = command === undefined ? { context: 'service' } : { command }
    const ended = await use({
      inputs: { registry: host, project: 'p', service: 's', ...what, ...inputs?.(host) },
      env: { ...env, WAITS: touched },
      host,
      onStart: ({ kill }) => void sendWhenWaiting(kill),
    })
    return { ...ended, took: performance.now() - sent }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const image = registryWith(COMMIT)

/** A registry that has the first tag, and a GitHub whose check runs. */
function published(request: IncomingMessage, response: ServerResponse): void {
  const { url = '' } = request
  const json = (value: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (url.startsWith('/v2/')) image(request, response as Parameters<typeof image>[1])
  else if (/\/status(?:\?|$)/.test(url))
    json({ url, statuses: [{ context: 'testbed', state: 'pending' }], total_count: 1 })
  else if (url.includes('/check-runs')) json({ check_runs: [], total_count: 0 })
  else if (url.includes('/commits/')) json({ sha: COMMIT })
  else response.writeHead(404).end()
}
