import { ReleaseError } from '../errors.ts'
import { NoAnswerError } from '../http/errors.ts'
import { parseRetryAfter } from '../http/retry.ts'
import { describeRequest } from '../http/transport.ts'
import { field } from '../json.ts'
import { asOneLine } from '../text.ts'

export class GitHubError extends ReleaseError {
  readonly status: number | undefined
  /** In milliseconds, as GitHub asks. */
  readonly wait: number | undefined

  constructor(problem: { what: string; remedy: string; cause?: unknown }, status?: number, wait?: number) {
    super('github-unreadable', problem)
    this.status = status
    this.wait = wait
  }
}

type Asked = { url: string; name: string; permissions: readonly string[] }

/** For what octokit, or reading its answer, threw; an interruption stays what it is. */
export function gitHubFailure(error: unknown, asked: Asked): unknown {
  const request = describeRequest({ method: 'GET', url: new URL(asked.url) })
  const response = field(error, 'response')
  if (response !== undefined) return refusal(response, request, asked)
  // octokit wraps what its `fetch` throws.
  const cause = field(error, 'cause') ?? error
  if (cause instanceof NoAnswerError) {
    const what = `The GitHub API did not answer: ${cause.message}.`
    return new GitHubError({ what, remedy: cause.remedy, cause: cause.cause })
  }
  if (!(cause instanceof TypeError || cause instanceof RangeError)) return cause
  const what = `The answer of the GitHub API can not be used: ${request}.`
  return new GitHubError({ what, remedy: 'Check that GITHUB_API_URL is the address of the API.', cause })
}

function refusal(response: unknown, request: string, { name, permissions }: Asked) {
  const status = Number(field(response, 'status'))
  const message = asOneLine(field(response, 'data', 'message')) ?? ''
  const wait = rateLimitWait(status, field(response, 'headers'), message)
  if (wait !== undefined) {
    const what = `The rate limit of the GitHub API is used up for another ${Math.ceil(wait / 1000)} s.`
    const remedy = 'Run it again later, or set a longer checks-timeout or another token.'
    return new GitHubError({ what, remedy }, status, wait)
  }
  const given = `"permissions: ${permissions.join(', ')}"`
  const unknown = [
    `${name} does not have this git tag, or does not show it`,
    `Push the git tag first; for a private repository, give the token ${given}.`,
  ]
  const problems: Record<number, string[]> = {
    401: ['GitHub does not accept the token', 'Set a valid github-token, or leave it out.'],
    403: [`GitHub refused access to ${name}`, `Give the token ${given}.`],
    404: unknown,
    409: unknown,
  }
  const [what = 'The GitHub API gave no usable answer', remedy = 'Run it again later.'] =
    problems[status] ?? []
  const said = message === '' ? '' : `, ${message.replace(/\.$/, '')}`
  return new GitHubError({ what: `${what}: ${request}: status ${status}${said}.`, remedy }, status)
}

/** In milliseconds. Source: GitHub, "Rate limits for the REST API". */
function rateLimitWait(status: number, headers: unknown, message: string) {
  if (status !== 403 && status !== 429) return undefined
  const isUsedUp = field(headers, 'x-ratelimit-remaining') === '0'
  const reset = Number(field(headers, 'x-ratelimit-reset')) * 1000 - Date.now()
  const retryAfter = parseRetryAfter(asOneLine(field(headers, 'retry-after')) ?? '', Date.now())
  const asked = retryAfter ?? (isUsedUp && Number.isFinite(reset) ? reset : undefined)
  if (asked !== undefined) return Math.max(asked, 1_000)
  return isUsedUp || status === 429 || /rate limit/i.test(message) ? 60_000 : undefined
}
