import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import { field } from '../json.ts'
import { asOneLine } from '../text.ts'
import { GitHubError, gitHubFailure } from './failure.ts'
import { openOctokit } from './octokit.ts'

export interface GitHubRepository {
  /** Such as `https://api.github.com`. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly name: string
  readonly token: string
}

export type GitHubClient = Awaited<ReturnType<typeof openGitHub>>
export type CommitStatus = ReturnType<typeof commitStatusOf>
export type CheckRun = ReturnType<typeof checkRunOf>

/** Asks about one repository; `permissions` are the token's, for errors. Throws `GitHubError`. */
export async function openGitHub(
  { apiUrl, name, token }: GitHubRepository,
  { transport, permissions, backoff }: { transport: Transport; permissions: string[]; backoff?: Backoff },
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
      const { data, headers } = await request(route, options)
      return read(data, headers.link ?? '')
    } catch (error) {
      throw gitHubFailure(error, { url: request.endpoint(route, options).url, name, permissions })
    }
  }
  return {
    /** Also of an annotated git tag. Throws `invalid-input` if the token sees no such git tag. */
    commitOf: (gitTag: string) => commitOf(gitTag, ask),
    statusesOf: (sha: string) => listOf('status', 'statuses', { sha }, commitStatusOf, ask),
    checkRunsOf: (sha: string) =>
      listOf('check-runs', 'check_runs', { sha, filter: 'latest' }, checkRunOf, ask),
  }
}

type Ask = <T>(path: string, parameters: object, read: (data: unknown, link: string) => T) => Promise<T>

async function commitOf(gitTag: string, ask: Ask) {
  try {
    let object = await ask('git/ref/{ref}', { ref: `tags/${gitTag}` }, objectOf)
    while (object.type === 'tag') object = await ask('git/tags/{sha}', { sha: object.sha }, objectOf)
    return object.sha
  } catch (error) {
    // 409: an empty repository.
    const isUnknown = error instanceof GitHubError && (error.status === 404 || error.status === 409)
    throw isUnknown ? new ReleaseError('invalid-input', error) : error
  }
}

function objectOf(data: unknown) {
  const sha = textOf(data, 'object', 'sha')
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha)) throw new TypeError('sha is not the name of an object')
  return { type: textOf(data, 'object', 'type'), sha }
}

async function listOf<T>(
  path: string,
  name: string,
  parameters: object,
  entryOf: (entry: unknown) => T,
  ask: Ask,
) {
  const all: T[] = []
  for (let page = 1, isLast = false; !isLast; page += 1)
    isLast = await ask(`commits/{sha}/${path}`, { ...parameters, per_page: 100, page }, (data, link) => {
      const entries = field(data, name)
      if (!Array.isArray(entries) || page > 50) throw new TypeError('there is no list with an end')
      all.push(...entries.map(entryOf))
      return !link.includes('rel="next"')
    })
  return all
}

function commitStatusOf(entry: unknown) {
  const url = asOneLine(field(entry, 'target_url'))
  return { context: textOf(entry, 'context'), state: textOf(entry, 'state'), url }
}

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

function textOf(value: unknown, ...names: readonly string[]) {
  const found = asOneLine(field(value, ...names))
  if (found === undefined) throw new TypeError(`${names.join('.')} is not a text`)
  return found
}
