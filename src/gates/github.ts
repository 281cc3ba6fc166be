import { causesOf, ReleaseError } from '../errors.ts'
import { type Backoff, parseRetryAfter } from '../http/retry.ts'
import { describeRequest, type HttpResponse, NoAnswerError, type Transport } from '../http/transport.ts'

/** Where a repository's commits are asked for. */
export interface GitHubRepository {
  /** `https://api.github.com`, or that of a GitHub Enterprise Server. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly name: string
  readonly token: string
}

/** GitHub asks to be left alone for so many milliseconds. */
export class RateLimitError extends Error {
  override readonly name = 'RateLimitError'
  readonly wait: number

  constructor(wait: number) {
    super('the rate limit of the GitHub API is used up')
    this.wait = wait
  }
}

/** One commit status. Source: REST API, "Get the combined status for a specific reference". */
export interface CommitStatus {
  readonly context: string
  readonly state: string
  readonly url: string | undefined
}

/** One check run. Source: REST API, "List check runs for a Git reference". */
export interface CheckRun {
  readonly id: number
  readonly name: string
  readonly app: string
  readonly status: string
  readonly conclusion: string | undefined
  readonly url: string | undefined
  /** Where the app shows it; for GitHub Actions, the job of a run. */
  readonly detailsUrl: string | undefined
}

const field = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce(
    (inner: unknown, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  )

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The most pages of one list that are read; 100 entries each. */
const MAX_PAGES = 50

/** What GitHub says in a refusal, if it says something. */
const messageIn = ({ body }: HttpResponse): string | undefined => {
  try {
    return text(field(JSON.parse(body.toString('utf8')), 'message'))
  } catch {
    return undefined
  }
}

/** What GitHub asks for, at least, when it does not say how long: a minute. */
const UNSAID_WAIT = 60_000
const SHORTEST_WAIT = 1_000

/**
 * How long a refusal asks to wait, in milliseconds, if it is one for asking too often. Source: GitHub
 * documentation, "Rate limits for the REST API".
 */
const rateLimitWait = (response: HttpResponse, now: number): number | undefined => {
  const { status, headers } = response
  if (status !== 403 && status !== 429) return undefined
  const retryAfter = headers['retry-after']
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now)
  if (asked !== undefined) return Math.max(asked, SHORTEST_WAIT)
  const { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = headers
  if (remaining === '0') {
    const wait = Number(reset) * 1000 - now
    return Number.isFinite(wait) ? Math.max(wait, SHORTEST_WAIT) : UNSAID_WAIT
  }
  return status === 429 || /rate limit/i.test(messageIn(response) ?? '') ? UNSAID_WAIT : undefined
}

const PERMISSIONS = 'permissions: contents: read, checks: read, statuses: read'

const refusal = (repository: GitHubRepository, url: URL, response: HttpResponse): ReleaseError => {
  const { status, headers } = response
  const message = messageIn(response)
  const answer = `${describeRequest({ method: 'GET', url })}: status ${status}${message === undefined ? '' : `, ${message}`}`
  const unreadable = (what: string, wayOut: string): ReleaseError =>
    new ReleaseError('checks-unreadable', { what: `${what}: ${answer}.`, wayOut })
  switch (status) {
    case 401:
      return unreadable(
        'GitHub does not accept the token',
        'Leave the input github-token out to use the token of the job, or give one that has not expired.',
      )
    case 403: {
      const needed = headers['x-accepted-github-permissions']
      return unreadable(
        `GitHub does not show the checks of ${repository.name}`,
        `Give the job "${PERMISSIONS}"${typeof needed === 'string' ? `; this request needs ${needed.replaceAll('=', ': ')}` : ''}. A github-token of your own needs the same.`,
      )
    }
    case 404:
      return unreadable(
        `GitHub does not know the repository ${repository.name}, or does not show it`,
        `For a private repository, give the job "${PERMISSIONS}". A github-token of your own needs the same.`,
      )
    case 409:
    case 422:
      return new ReleaseError('invalid-input', {
        what: `${repository.name} does not have this git tag: ${answer}.`,
        wayOut: 'Check the input tag, which is the name of the git tag alone; push the git tag first.',
      })
    default:
      return unreadable(
        'The GitHub API gave no usable answer',
        'Run the job again; if it stays so, look whether GitHub has an incident.',
      )
  }
}

/** Reads commits, statuses and check runs of one repository. */
export class GitHubClient {
  readonly #transport: Transport
  readonly #backoff: Backoff | undefined
  readonly #repository: GitHubRepository

  /** `backoff`: how patient it is, if not as the transport. */
  constructor(transport: Transport, repository: GitHubRepository, backoff?: Backoff) {
    this.#transport = transport
    this.#repository = repository
    this.#backoff = backoff
  }

  /** The commit that a git tag leads to, through a tag object if there is one. */
  async commitOf(gitTag: string): Promise<string> {
    const ref = `tags/${gitTag}`.split('/').map(encodeURIComponent).join('/')
    const url = this.#url(`commits/${ref}`)
    const sha = text(field(await this.#get(url), 'sha'))
    if (sha !== undefined) return sha
    throw this.#unusable(url)
  }

  /** The latest commit status of every context. */
  async statusesOf(sha: string): Promise<CommitStatus[]> {
    const entries = await this.#pages(`commits/${sha}/status`, 'statuses')
    return entries.map(entry => ({
      context: text(field(entry, 'context')) ?? '',
      state: text(field(entry, 'state')) ?? '',
      url: text(field(entry, 'target_url')),
    }))
  }

  /** The check runs of a name, the latest of every check suite. */
  async checkRunsOf(sha: string, name: string): Promise<CheckRun[]> {
    const query = { check_name: name, filter: 'latest' }
    const entries = await this.#pages(`commits/${sha}/check-runs`, 'check_runs', query)
    return entries.map(entry => {
      const id = field(entry, 'id')
      return {
        id: typeof id === 'number' ? id : 0,
        name: text(field(entry, 'name')) ?? '',
        app: text(field(entry, 'app', 'slug')) ?? '',
        status: text(field(entry, 'status')) ?? '',
        conclusion: text(field(entry, 'conclusion')),
        url: text(field(entry, 'html_url')),
        detailsUrl: text(field(entry, 'details_url')),
      }
    })
  }

  #url(path: string, query: Readonly<Record<string, string>> = {}): URL {
    const { apiUrl, name } = this.#repository
    const url = new URL(`${apiUrl.replace(/\/$/, '')}/repos/${name}/${path}`)
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
    return url
  }

  async #pages(path: string, list: string, query: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
    const entries: unknown[] = []
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const url = this.#url(path, { ...query, per_page: '100', page: String(page) })
      const answer = await this.#get(url)
      const found = field(answer, list)
      if (!Array.isArray(found)) throw this.#unusable(url)
      entries.push(...found)
      const total = field(answer, 'total_count')
      if (found.length === 0 || typeof total !== 'number' || entries.length >= total) break
    }
    return entries
  }

  async #get(url: URL): Promise<unknown> {
    let response: HttpResponse
    try {
      response = await this.#transport.send(
        {
          method: 'GET',
          url,
          headers: {
            accept: 'application/vnd.github+json',
            authorization: `Bearer ${this.#repository.token}`,
            'x-github-api-version': '2022-11-28',
          },
        },
        this.#backoff,
      )
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ReleaseError('checks-unreadable', {
        what: `The GitHub API did not answer: ${causesOf(error)[0]}.`,
        wayOut: 'Run the job again; if it stays so, check the network of the runner.',
        cause: error.cause,
      })
    }
    const wait = rateLimitWait(response, Date.now())
    if (wait !== undefined) throw new RateLimitError(wait)
    if (response.status !== 200) throw refusal(this.#repository, url, response)
    try {
      return JSON.parse(response.body.toString('utf8'))
    } catch (error) {
      throw this.#unusable(url, error)
    }
  }

  #unusable(url: URL, cause?: unknown): ReleaseError {
    return new ReleaseError('checks-unreadable', {
      what: `The answer of the GitHub API can not be used: ${describeRequest({ method: 'GET', url })}.`,
      wayOut: 'Run the job again; if it stays so, check that GITHUB_API_URL is the address of the API.',
      cause,
    })
  }
}
