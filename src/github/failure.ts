import { causesOf, ReleaseError } from '../errors.ts'
import { NoAnswerError } from '../http/errors.ts'
import { parseRetryAfter } from '../http/retry.ts'
import { describeRequest } from '../http/transport.ts'
import { field } from '../json.ts'
import { asOneLine } from '../text.ts'

/** GitHub did not tell what it was asked. */
export class GitHubError extends ReleaseError {
  /** What it answered, if it did. */
  readonly answer: { readonly status: number; readonly line: string } | undefined

  constructor(
    problem: { what: string; remedy: string; cause?: unknown },
    answer?: { status: number; line: string },
  ) {
    super('github-unreadable', problem)
    this.answer = answer
  }
}

/** GitHub asks to be left alone for so many milliseconds. */
export class RateLimitError extends GitHubError {
  readonly wait: number

  constructor(wait: number) {
    super({
      what: 'The rate limit of the GitHub API is used up.',
      remedy: 'Run it again later, or give a token that has a limit of its own.',
    })
    this.wait = wait
  }
}

/** An answer that octokit made an error of, as far as it is looked at. */
interface Refusal {
  readonly status: number
  readonly headers: unknown
  /** What GitHub says in it, if it says something. */
  readonly message: string | undefined
}

/** What GitHub asks for, at least, when it does not say how long: a minute. */
const UNSAID_WAIT = 60_000
const SHORTEST_WAIT = 1_000

/**
 * How long a refusal asks to wait, in milliseconds, if it is one for asking too often. Source: GitHub
 * documentation, "Rate limits for the REST API".
 */
const rateLimitWait = ({ status, headers, message }: Refusal, now: number): number | undefined => {
  if (status !== 403 && status !== 429) return undefined
  const retryAfter = asOneLine(field(headers, 'retry-after'))
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now)
  if (asked !== undefined) return Math.max(asked, SHORTEST_WAIT)
  if (field(headers, 'x-ratelimit-remaining') === '0') {
    const wait = Number(field(headers, 'x-ratelimit-reset')) * 1000 - now
    return Number.isFinite(wait) ? Math.max(wait, SHORTEST_WAIT) : UNSAID_WAIT
  }
  return status === 429 || /rate limit/i.test(message ?? '') ? UNSAID_WAIT : undefined
}

/** Whom the requests are about, and what they need. */
export interface Asked {
  /** `owner/name`. */
  readonly name: string
  /** The permissions that all that is asked for needs, such as `contents: read`. */
  readonly permissions: readonly string[]
}

const refused = (refusal: Refusal, address: string, { name, permissions }: Asked): GitHubError => {
  const { status, headers, message } = refusal
  const request = describeRequest({ method: 'GET', url: new URL(address) })
  const line = `${request}: status ${status}${message === undefined ? '' : `, ${message.replace(/\.$/, '')}`}`
  const because = (what: string, remedy: string): GitHubError =>
    new GitHubError({ what: `${what}: ${line}.`, remedy }, { status, line })
  const given = `"permissions: ${permissions.join(', ')}"`
  switch (status) {
    case 401:
      return because(
        'GitHub does not accept the token',
        'Give a token that has not expired; GitHub Actions has one that needs no github-token.',
      )
    case 403: {
      const needed = asOneLine(field(headers, 'x-accepted-github-permissions'))
      return because(
        `GitHub refused access to ${name}`,
        `Give the token ${given}${needed === undefined ? '' : `; this request needs ${needed.replaceAll('=', ': ')}`}.`,
      )
    }
    case 404:
      return because(
        `GitHub does not know the repository ${name}, or does not show it`,
        `For a private repository, give the token ${given}.`,
      )
    case 409:
    case 422:
      return because(
        `GitHub does not know the commit in ${name}`,
        'Run it again; if it stays so, check that the git tag is still there.',
      )
    default:
      return because(
        'The GitHub API gave no usable answer',
        'Run it again; if it stays so, look whether GitHub has an incident.',
      )
  }
}

/**
 * What to throw for what octokit has thrown: a `GitHubError`, which may be a `RateLimitError`, or what ended the request
 * otherwise, such as an interruption.
 */
export const gitHubFailure = (error: unknown, asked: Asked): unknown => {
  const response = field(error, 'response')
  if (response === undefined) {
    const cause = field(error, 'cause') ?? error
    if (!(cause instanceof NoAnswerError)) return cause
    return new GitHubError({
      what: `The GitHub API did not answer: ${causesOf(cause)[0]}.`,
      remedy: 'Run it again; if it stays so, check the network.',
      cause: cause.cause,
    })
  }
  const refusal = {
    status: Number(field(response, 'status')),
    headers: field(response, 'headers'),
    message: asOneLine(field(response, 'data', 'message')),
  }
  const wait = rateLimitWait(refusal, Date.now())
  if (wait !== undefined) return new RateLimitError(wait)
  return refused(refusal, String(field(response, 'url')), asked)
}

/** An answer that is not what GitHub's documentation promises. */
export const unusable = (address: string, cause?: unknown): GitHubError =>
  new GitHubError({
    what: `The answer of the GitHub API can not be used: ${describeRequest({ method: 'GET', url: new URL(address) })}.`,
    remedy: 'Run it again; if it stays so, check that GITHUB_API_URL is the address of the API.',
    cause,
  })
