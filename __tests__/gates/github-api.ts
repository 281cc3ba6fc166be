/**
 * What this project asks of GitHub's REST API, answered on loopback as its documentation has it: "Get a reference", "Get a
 * tag", "Get the combined status for a specific reference", "List check runs for a Git reference", "Rate limits for the REST
 * API", "Using pagination in the REST API".
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gitHubRefs } from './github-refs.ts'

export interface GitHubApiOptions {
  readonly token?: string
  /** What the token may read; everything without it. */
  readonly permissions?: readonly ('contents' | 'checks' | 'statuses')[]
  /** Where the API begins; a GitHub Enterprise Server has it at `/api/v3`. */
  readonly basePath?: string
}

export interface StatusEntry {
  readonly context: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  readonly url?: string
}

export interface CheckRunEntry {
  readonly name: string
  readonly status?: 'queued' | 'in_progress' | 'completed' | undefined
  readonly conclusion?: string
  /** The slug of the app. */
  readonly app?: string
  /** The check suite; an app has one for every run of a workflow. */
  readonly suite?: number
  /** The run of GitHub Actions whose job it is. */
  readonly actionsRun?: string
}

interface Refusal {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly message: string
}

export type GitHubApi = Awaited<ReturnType<typeof startGitHubApi>>

type Answer = Omit<Refusal, 'message'> & { readonly body: unknown }

const failed = (status: number, message: string, headers: Refusal['headers'] = {}): Answer => ({
  status,
  headers,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
})

/** One page of a list, newest first, with the Link header that leads to the others. */
const paged = <T>(all: readonly T[], url: URL): { page: T[]; headers: Record<string, string> } => {
  const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100)
  const number = Number(url.searchParams.get('page') ?? 1)
  const last = Math.max(Math.ceil(all.length / size), 1)
  const to = (page: number, rel: string): string => {
    const target = new URL(url)
    target.searchParams.set('page', String(page))
    return `<${target}>; rel="${rel}"`
  }
  const links = [
    ...(number > 1 ? [to(number - 1, 'prev'), to(1, 'first')] : []),
    ...(number < last ? [to(number + 1, 'next'), to(last, 'last')] : []),
  ]
  const page = all.toReversed().slice((number - 1) * size, number * size)
  return { page, headers: links.length === 0 ? {} : { link: links.join(', ') } }
}

/** Starts the API with one repository. It runs in this process, and ends with it. */
export const startGitHubApi = async ({
  token = 'ghs_SecretOfTheJob',
  permissions = ['contents', 'checks', 'statuses'],
  basePath = '',
}: GitHubApiOptions = {}) => {
  const repository = 'dmwm/WMCore'
  const { tag, branch, getRef, getTag, resolve } = gitHubRefs(repository)
  const statuses = new Map<string, StatusEntry[]>()
  const runs: (CheckRunEntry & { id: number; sha: string })[] = []
  const refusals: Refusal[] = []
  const requests: { path: string; headers: IncomingMessage['headers']; status: number }[] = []
  const firstId = 40_000_000_000

  const combinedStatus = (sha: string, url: URL): Answer => {
    // The latest of every context.
    const latest = [...new Map((statuses.get(sha) ?? []).map(entry => [entry.context, entry])).values()]
    const states = latest.map(({ state }) => state)
    const failure = states.some(state => state === 'error' || state === 'failure')
    const pending = states.length === 0 || states.includes('pending')
    const { page, headers } = paged(latest, url)
    const body = {
      state: failure ? 'failure' : pending ? 'pending' : 'success',
      statuses: page.map(({ url: target = null, ...entry }) => ({ ...entry, target_url: target })),
      sha,
      total_count: latest.length,
      url: `https://api.github.com/repos/${repository}/commits/${sha}/status`,
    }
    return { status: 200, headers, body }
  }

  const checkRuns = (sha: string, url: URL): Answer => {
    const { searchParams: query } = url
    const named = runs.filter(
      ({ name, ...run }) => run.sha === sha && (query.get('check_name') ?? name) === name,
    )
    // `latest` keeps one of a name for every check suite.
    const latest = new Map(named.map(run => [`${run.suite ?? run.id} ${run.name}`, run]))
    const found = (query.get('filter') ?? 'latest') === 'latest' ? [...latest.values()] : named
    const { page, headers } = paged(found, url)
    const entries = page.map(({ id, name, status, conclusion, app, suite, actionsRun }) => {
      const run = `https://github.com/${repository}/${actionsRun === undefined ? 'runs' : `actions/runs/${actionsRun}/job`}/${id}`
      return {
        id,
        head_sha: sha,
        name,
        status: status ?? 'completed',
        conclusion: conclusion ?? null,
        html_url: run,
        details_url: actionsRun === undefined ? 'https://ci.example.org/' : run,
        app: { id: 1, slug: app ?? 'github-actions' },
        check_suite: { id: suite ?? id },
      }
    })
    return { status: 200, headers, body: { total_count: found.length, check_runs: entries } }
  }

  const answerTo = ({ headers, method }: IncomingMessage, url: URL): Answer => {
    if (headers['user-agent'] === undefined) return failed(403, 'Request forbidden by administrative rules.')
    // GitHub documentation, "Authenticating to the REST API": either word.
    if (![`Bearer ${token}`, `token ${token}`].includes(headers.authorization ?? ''))
      return failed(401, 'Bad credentials')
    const refusal = refusals.shift()
    if (refusal !== undefined) return failed(refusal.status, refusal.message, refusal.headers)
    const start = `${basePath}/repos/${repository}/`
    if (method !== 'GET' || !url.pathname.startsWith(start)) return failed(404, 'Not Found')

    const [, of, encoded = '', list] =
      /^(git\/ref|git\/tags|commits)\/(.*?)(?:\/(status|check-runs))?$/.exec(
        url.pathname.slice(start.length),
      ) ?? []
    const name = encoded.split('/').map(decodeURIComponent).join('/')
    const needed = list === 'status' ? 'statuses' : list === 'check-runs' ? 'checks' : 'contents'
    if (!permissions.includes(needed)) {
      // As what is not there: a private repository.
      if (needed === 'contents') return failed(404, 'Not Found')
      const accepted = { 'x-accepted-github-permissions': `${needed}=read` }
      return failed(403, 'Resource not accessible by integration', accepted)
    }
    if (list === undefined) {
      const body = of === 'git/ref' ? getRef(name) : of === 'git/tags' ? getTag(name) : undefined
      return body === undefined ? failed(404, 'Not Found') : { status: 200, body }
    }
    const sha = resolve(name)
    if (sha === undefined) return failed(422, `No commit found for SHA: ${name}`)
    return list === 'status' ? combinedStatus(sha, url) : checkRuns(sha, url)
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    const { status, headers, body } = answerTo(request, url)
    const path = `${url.pathname.slice(basePath.length)}${url.search}`
    requests.push({ path, headers: request.headers, status })
    const limits = { 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '900', 'x-ratelimit-reset': '1' }
    const type = { 'content-type': 'application/json; charset=utf-8' }
    response.writeHead(status, { ...type, ...limits, ...headers }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    /** What GITHUB_API_URL would be. */
    url: `http://127.0.0.1:${port}${basePath}`,
    token,
    repository,
    /** Their paths are below the base path, with the query. */
    requests,
    tag,
    branch,
    status: (sha: string, entry: StatusEntry): void =>
      void statuses.set(sha, [...(statuses.get(sha) ?? []), entry]),
    /** Gives back the number of the run, which grows. */
    checkRun: (sha: string, entry: CheckRunEntry): number =>
      firstId + runs.push({ ...entry, id: firstId + runs.length + 1, sha }),
    /** Changes a check run that is there. */
    update: (id: number, change: Pick<CheckRunEntry, 'status' | 'conclusion'>): void => {
      Object.assign(runs.find(run => run.id === id) ?? {}, change)
    },
    /** Answers the next requests so, one each. */
    refuse: (...some: Refusal[]): void => void refusals.push(...some),
    stop: async (): Promise<void> => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
