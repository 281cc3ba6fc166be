import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import { field } from '../json.ts'
import { asOneLine } from '../text.ts'
import { GitHubError, gitHubFailure } from './failure.ts'
import { openOctokit } from './octokit.ts'

/** Where a repository's commits are asked for. */
export interface GitHubRepository {
  /** `https://api.github.com`, or that of a GitHub Enterprise Server. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly name: string
  readonly token: string
}

interface GitHubOptions {
  readonly transport: Transport
  /** Those that the token needs, such as `contents: read`. */
  readonly permissions: readonly string[]
  readonly backoff?: Backoff
}

export type GitHubClient = Awaited<ReturnType<typeof openGitHub>>
export type CommitStatus = ReturnType<typeof commitStatusOf>
export type CheckRun = ReturnType<typeof checkRunOf>

/** Asks about one repository. What it gives back is one line each, whatever GitHub was told; it throws a `GitHubError`. */
export async function openGitHub(
  { apiUrl, name, token }: GitHubRepository,
  { transport, permissions, backoff }: GitHubOptions,
) {
  const { request } = await openOctokit(token, apiUrl.replace(/\/$/, ''), (url, headers) =>
    transport.send({ method: 'GET', url, headers }, backoff),
  )
  const [owner, repo] = name.split('/')
  const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' }
  const ask: Ask = async (path, parameters, read) => {
    const route = `GET /repos/{owner}/{repo}/${path}`
    const options = { owner, repo, headers, ...parameters }
    try {
      const answer = await request(route, options)
      return read(answer.data, answer.headers.link ?? '')
    } catch (error) {
      throw gitHubFailure(error, { url: request.endpoint(route, options).url, name, permissions })
    }
  }
  return {
    /**
     * The commit that a git tag leads to now, through tag objects if there are some; never that of a branch. Throws
     * `invalid-input` if there is no such git tag, or the token may not see it.
     */
    commitOf: (gitTag: string) => commitOf(gitTag, ask),
    /** The latest commit status of every context. */
    statusesOf: (sha: string) => listOf('status', { sha }, commitStatusOf, ask),
    /** The check runs of a commit, the latest of a name in every check suite. */
    checkRunsOf: (sha: string) => listOf('check-runs', { sha, filter: 'latest' }, checkRunOf, ask),
  }
}

/** Reads one answer, and its Link header. */
type Ask = <T>(path: string, parameters: object, read: (data: unknown, link: string) => T) => Promise<T>

async function commitOf(gitTag: string, ask: Ask): Promise<string> {
  try {
    let object = await ask('git/ref/{ref}', { ref: `tags/${gitTag}` }, objectOf)
    while (object.type === 'tag') object = await ask('git/tags/{sha}', { sha: object.sha }, objectOf)
    return object.sha
  } catch (error) {
    // 409: the repository is empty.
    const isUnknown = error instanceof GitHubError && (error.status === 404 || error.status === 409)
    throw isUnknown ? new ReleaseError('invalid-input', error) : error
  }
}

/** What a ref, or a tag object, leads to. Source: REST API, "Get a reference", "Get a tag". */
function objectOf(data: unknown) {
  const sha = textOf(data, 'object', 'sha')
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha)) throw new TypeError('sha is no name of an object')
  return { type: textOf(data, 'object', 'type'), sha }
}

/** The most pages of one list that are read; 100 entries each. */
const MAX_PAGES = 50

/** What there is on a commit. */
async function listOf<T>(
  what: 'status' | 'check-runs',
  parameters: object,
  entryOf: (entry: unknown) => T,
  ask: Ask,
): Promise<T[]> {
  const all: T[] = []
  for (let page = 1, isLast = false; !isLast; page += 1)
    isLast = await ask(`commits/{sha}/${what}`, { ...parameters, per_page: 100, page }, (data, link) => {
      const entries = field(data, what === 'status' ? 'statuses' : 'check_runs')
      // A part of a list is not taken for all of it.
      if (!Array.isArray(entries) || page > MAX_PAGES) throw new TypeError('there is no list with an end')
      all.push(...entries.map(entryOf))
      return !link.includes('rel="next"')
    })
  return all
}

/** Source: REST API, "Get the combined status for a specific reference". */
function commitStatusOf(entry: unknown) {
  const url = asOneLine(field(entry, 'target_url'))
  return { context: textOf(entry, 'context'), state: textOf(entry, 'state'), url }
}

/** Source: REST API, "List check runs for a Git reference". */
function checkRunOf(entry: unknown) {
  const id = field(entry, 'id')
  if (typeof id !== 'number') throw new TypeError('id is not a number')
  return {
    id,
    name: textOf(entry, 'name'),
    app: asOneLine(field(entry, 'app', 'slug')) ?? '',
    status: textOf(entry, 'status'),
    conclusion: asOneLine(field(entry, 'conclusion')),
    url: asOneLine(field(entry, 'html_url')),
    detailsUrl: asOneLine(field(entry, 'details_url')),
  }
}

function textOf(value: unknown, ...names: readonly string[]): string {
  const found = asOneLine(field(value, ...names))
  if (found === undefined) throw new TypeError(`${names.join('.')} is not a text`)
  return found
}
