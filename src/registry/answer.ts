import { ReleaseError } from '../errors.ts'
import { isRetryable } from '../http/retry.ts'
import type { HttpResponse } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Credentials } from './authorization.ts'
import { parseChallenges } from './challenge.ts'

/** One entry of the `errors` of an answer. Source: distribution-spec v1.1.1, "Error Codes". */
interface SpecError {
  readonly code: string
  readonly message: string
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The errors that the body of an answer lists; none if it lists none. */
export const specErrors = (body: Buffer): SpecError[] => {
  const errors = field(parseJson(body.toString('utf8')), 'errors')
  return Array.isArray(errors)
    ? errors.map((error: unknown) => ({
        code: text(field(error, 'code')),
        message: text(field(error, 'message')),
      }))
    : []
}

/**
 * Whether the answer proves that there is no such thing: 404, or one of the specification's codes for it.
 * Refusals never do, whatever their body says.
 */
export const provesAbsence = ({ status, body }: HttpResponse): boolean =>
  status === 404 ||
  (status === 400 &&
    specErrors(body).some(({ code }) => code === 'NAME_UNKNOWN' || code === 'MANIFEST_UNKNOWN'))

const MAX_QUOTED = 300

/** What an answer says of itself: its status, the codes of its body, or the beginning of the body; no credentials. */
const describeAnswer = ({ status, body, headers }: HttpResponse, secrets: Secrets): string => {
  const errors = specErrors(body)
    .map(({ code, message }) => [code, message].filter(part => part !== '').join(': '))
    .filter(error => error !== '')
  // Masked before it is cut: half a secret would not be known again.
  const said = secrets
    .mask(errors.length > 0 ? errors.join('; ') : body.toString('utf8'))
    .replace(/\s+/g, ' ')
    .trim()
  const wait = headers['retry-after']
  const patience =
    isRetryable(status) && wait !== undefined ? ` (it asks to wait: Retry-After ${oneLine(wait)})` : ''
  return said === ''
    ? `status ${status}${patience}`
    : `status ${status}${patience}, ${oneLine(said.slice(0, MAX_QUOTED))}`
}

/** The error for an answer that refuses, or is of no use: who is asked, and what the reader can do. */
export const refusalOf = (
  verb: 'read' | 'write',
  what: string,
  response: HttpResponse,
  { credentials, secrets }: { credentials: Credentials; secrets: Secrets },
): ReleaseError => {
  const answer = describeAnswer(response, secrets)
  const codes = specErrors(response.body).map(({ code }) => code)
  // RFC 6750, 3.1: who asks is known, and may not do this.
  const lacksRight = parseChallenges(response.headers['www-authenticate'] ?? '').some(
    ({ parameters }) => parameters.get('error') === 'insufficient_scope',
  )
  if (response.status === 401 && (credentials.kind === 'anonymous' || !lacksRight)) {
    const who =
      credentials.kind === 'anonymous'
        ? 'wants a login, and there is none'
        : credentials.kind === 'password'
          ? `does not accept the name ${credentials.username} with its password`
          : 'does not accept the identity token that docker has stored'
    return new ReleaseError('registry-denied', {
      what: `The registry ${who}, to ${verb} ${what}: ${answer}.`,
      remedy:
        'Check username and password, or the login that docker has: wrong, expired, or for another registry.',
    })
  }
  if (response.status === 401 || response.status === 403) {
    return new ReleaseError('registry-denied', {
      what: `The registry does not let this account ${verb} ${what}: ${answer}.`,
      remedy:
        'Check username and password, or the login that docker has, and the rights of the account there.',
    })
  }
  // A tag that can't be changed: Harbor answers 412, its own API 409, ECR 400 with this code.
  const isImmutable = verb === 'write' && (response.status === 409 || codes.includes('TAG_INVALID'))
  if (response.status === 412 || isImmutable) {
    return new ReleaseError('registry-refused', {
      what: `The registry refuses to ${verb === 'write' ? 'accept' : 'show'} ${what}: ${answer}.`,
      remedy:
        // A rule about tags forbids to write; what forbids to read is a rule about the image.
        verb === 'read' || codes.includes('PROJECTPOLICYVIOLATION')
          ? "The image is there, and the project's vulnerability policy keeps it from being pulled: fix or allow what it found, then run it again."
          : 'A rule of the project, such as tag immutability, stands against it: release a new version, or change the rule there.',
    })
  }
  return new ReleaseError('registry-unreadable', {
    what: `The registry could not ${verb} ${what}: ${answer}.`,
    remedy: "Run it again; if it stays so, contact the registry's administrators.",
  })
}
