import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import { field } from '../json.ts'
import { type CheckRun, type CommitStatus, checkRunOf, commitStatusOf, requiredText } from './entries.ts'
import { GitHubError, gitHubFailure, unusable } from './failure.ts'
import { fetchThrough } from './fetch.ts'
import type { Octokit } from './index.ts'
import type { GitHubRepository } from './repository.ts'

/** Loads octokit, which nobody pays for who does not ask GitHub. */
export type LoadGitHub = () => Promise<Pick<typeof import('./index.ts'), 'octokitFor'>>

/** What GitHub is asked with. */
export interface GitHubPorts {
  readonly transport: Transport
  readonly loadGitHub: LoadGitHub
}

/** The commit of a git tag, as far as GitHub tells it. The errors say why it does not, and what to do. */
export type Commit =
  | { readonly kind: 'found'; readonly sha: string }
  /** There is no such git tag, or the token may not see the repository. */
  | { readonly kind: 'absent'; readonly error: ReleaseError }
  /** The error is a `RateLimitError` if GitHub asks to be left alone for a while. */
  | { readonly kind: 'unreadable'; readonly error: GitHubError }

/** An object's name, of SHA-1 or SHA-256. */
const SHA = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** The most pages of one list that are read; 100 entries each. */
const MAX_PAGES = 50
const FIRST_PAGE = { per_page: 100, page: 1 } as const

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' } as const

/** Takes the entries of one page after another, until there are too many. */
const entriesOfPages = (entriesIn: (data: unknown) => unknown) => {
  let pages = 0
  return ({ data }: { data: unknown }, done: () => void): unknown[] => {
    pages += 1
    if (pages === MAX_PAGES) done()
    const entries = entriesIn(data)
    if (!Array.isArray(entries)) throw new TypeError('the page has no list')
    return entries
  }
}

/** What a ref, or a tag object, leads to. Source: REST API, "Get a reference", "Get a tag". Throws `TypeError`. */
const objectIn = (data: unknown): { type: string; sha: string } => {
  const sha = requiredText(data, 'object', 'sha')
  if (!SHA.test(sha)) throw new TypeError('sha is not the name of an object')
  return { type: requiredText(data, 'object', 'type'), sha }
}

/** What octokit, or a look at its answer, stumbles over is an answer that can not be used. */
const usable = async <T>(address: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    throw error instanceof TypeError || error instanceof RangeError ? unusable(address, error) : error
  }
}

/**
 * Reads commits, statuses and check runs of one repository. What it gives back is one line each, whatever GitHub was
 * told; what its methods throw is a `GitHubError`, a `RateLimitError` among them.
 */
export class GitHubClient {
  readonly #octokit: Octokit
  readonly #repository: string
  readonly #at: { owner: string; repo: string; headers: typeof HEADERS }

  constructor(octokit: Octokit, repository: string) {
    const [owner = '', repo = ''] = repository.split('/')
    this.#octokit = octokit
    this.#repository = repository
    this.#at = { owner, repo, headers: HEADERS }
  }

  /** The commit that a git tag leads to now, through tag objects if there are some. A branch is never taken for it. */
  async commitOf(gitTag: string): Promise<Commit> {
    const { getRef, getTag } = this.#octokit.rest.git
    const asked = { ...this.#at, ref: `tags/${gitTag}` }
    try {
      const sha = await usable(getRef.endpoint(asked).url, async () => {
        let object = objectIn((await getRef(asked)).data)
        while (object.type === 'tag')
          object = objectIn((await getTag({ ...this.#at, tag_sha: object.sha })).data)
        return object.sha
      })
      return { kind: 'found', sha }
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error
      const { answer } = error
      // 409: the repository is empty.
      const isUnknown = answer?.status === 404 || answer?.status === 409
      if (!isUnknown) return { kind: 'unreadable', error }
      const absent = new ReleaseError('invalid-input', {
        what: `${this.#repository} does not have this git tag, or does not show it: ${answer.line}.`,
        remedy: `Check the name of the git tag, which is given alone; push the git tag first. ${error.remedy}`,
      })
      return { kind: 'absent', error: absent }
    }
  }

  /** The latest commit status of every context. */
  async statusesOf(sha: string): Promise<CommitStatus[]> {
    const { paginate, rest } = this.#octokit
    const { getCombinedStatusForRef: list } = rest.repos
    const asked = { ...this.#at, ref: sha, ...FIRST_PAGE }
    return usable(list.endpoint(asked).url, async () => {
      const take = entriesOfPages(data => field(data, 'statuses'))
      return (await paginate(list, asked, take)).map(commitStatusOf)
    })
  }

  /** The check runs of a commit, or those of one name; the latest of every check suite. */
  async checkRunsOf(sha: string, name?: string): Promise<CheckRun[]> {
    const { paginate, rest } = this.#octokit
    const { listForRef: list } = rest.checks
    const named = name === undefined ? {} : { check_name: name }
    const asked = { ...this.#at, ref: sha, ...named, filter: 'latest', ...FIRST_PAGE } as const
    return usable(list.endpoint(asked).url, async () => {
      const take = entriesOfPages(data => data)
      return (await paginate(list, asked, take)).map(checkRunOf)
    })
  }
}

/**
 * Loads octokit and makes a client of it. `permissions` are those that all that it is asked for needs; `backoff`: how
 * patient it is, if not as the transport.
 */
export const openGitHub = async (
  { apiUrl, name, token }: GitHubRepository,
  {
    transport,
    loadGitHub,
    permissions,
    backoff,
  }: GitHubPorts & { permissions: readonly string[]; backoff?: Backoff },
): Promise<GitHubClient> => {
  const baseUrl = apiUrl.replace(/\/$/, '')
  const { octokitFor } = await loadGitHub()
  const octokit = octokitFor({ token, baseUrl, fetch: fetchThrough(transport, { baseUrl, backoff }) })
  octokit.hook.wrap('request', async (request, options) => {
    const response = await Promise.resolve(request(options)).catch((error: unknown) => {
      throw gitHubFailure(error, { name, permissions })
    })
    // octokit takes a list, and what is no JSON, as it comes.
    const data: unknown = response.data
    if (typeof data !== 'object' || data === null || Array.isArray(data)) throw unusable(response.url)
    return response
  })
  return new GitHubClient(octokit, name)
}
