import { ReleaseError } from '../errors.ts'
import type { HttpResponse } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Credentials } from './credentials.ts'
import type { Repository } from './reference.ts'

/** A refusal proves no absence, whatever its body says. */
export function provesAbsence({ status, body }: HttpResponse) {
  if (status !== 400) return status === 404
  return specErrors(body).some(({ code }) => code === 'NAME_UNKNOWN' || code === 'MANIFEST_UNKNOWN')
}

const RUN_AGAIN = "Run it again; if that does not help, contact the registry's administrators."

export function unreadable(what: string, remedy = RUN_AGAIN, cause?: unknown): ReleaseError {
  return new ReleaseError('registry-unreadable', { what, remedy, cause })
}

export function unusable(what: string, why: string): ReleaseError {
  return unreadable(`The registry's answer for ${what} can not be used: ${oneLine(why)}.`)
}

export function denied(what: string, remedy = CHECK_LOGIN): ReleaseError {
  return new ReleaseError('registry-denied', { what, remedy })
}

const CHECK_LOGIN =
  'Check project, and the login and rights of the account. For another registry than `registry`, docker login must come before.'
const CHECK_PUSH =
  'The account needs push and pull. A quota, read-only mode or a proxy project is for the administrators.'
const CHECK_POLICY = 'A project policy forbids pulling it: fix the image or the policy, then run it again.'
const CHECK_RULE =
  'If the tag is immutable, release a new version or change that rule; else fix what is named.'
const CHECK_SIZE = 'Make the image smaller, or raise the limit of the registry or of a proxy in front of it.'

export function refusalOf(
  { method, what }: { method: string; what: string },
  response: HttpResponse,
  of: { credentials: Credentials; repository: Repository; secrets: Secrets },
): ReleaseError {
  const { status, body } = response
  const isRead = method === 'GET' || method === 'HEAD'
  const facts = `${what}: ${describeAnswer(response, of.secrets)}.`
  const hint = of.repository.path.includes('/') ? '' : 'Is project missing? '
  if (status === 401 && of.credentials.kind === 'anonymous')
    return denied(`The registry wants a login, and there is none, for ${facts}`)
  if (status === 401 || status === 403) {
    const [verb, remedy] = isRead ? ['read', CHECK_LOGIN] : ['push to', CHECK_PUSH]
    return denied(`The account may not ${verb} ${facts}`, hint + remedy)
  }
  const codes = specErrors(body).map(({ code }) => code)
  // ECR answers 400 where a tag is immutable.
  const isClear = [405, 409, 413].includes(status) || (status === 400 && codes.length > 0)
  if (status !== 412 && (isRead || !isClear))
    return unreadable(`The registry gave no usable answer for ${facts}`, hint + RUN_AGAIN)
  const isPolicy = isRead || codes.includes('PROJECTPOLICYVIOLATION')
  const written = status === 413 ? CHECK_SIZE : CHECK_RULE
  return new ReleaseError('registry-refused', {
    what: `The registry refuses to ${isRead ? 'show' : 'accept'} ${facts}`,
    remedy: hint + (isPolicy ? CHECK_POLICY : written),
  })
}

/** distribution-spec v1.1.1, "Error Codes". */
function specErrors(body: Buffer) {
  const errors = field(parseJson(body.toString()), 'errors')
  if (!Array.isArray(errors)) return []
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return errors.map(error => ({ code: text(field(error, 'code')), message: text(field(error, 'message')) }))
}

export function describeAnswer({ status, body }: HttpResponse, secrets: Secrets) {
  const errors = specErrors(body).map(({ code, message }) => (message === '' ? code : `${code}: ${message}`))
  // Masked before it is cut: half a secret would not be recognised.
  const said = secrets
    .mask(errors.join('; ') || body.toString())
    .replace(/\s+/g, ' ')
    .trim()
  const shown = oneLine(said.slice(0, errors.length === 0 ? 300 : 2_000))
  return `status ${status}${shown === '' ? '' : `, ${shown}`}`
}
