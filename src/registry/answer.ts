import { ReleaseError } from '../errors.ts'
import type { HttpResponse } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Credentials } from './credentials.ts'

/** The errors in a body: distribution-spec v1.1.1, "Error Codes". */
export function specErrors(body: Buffer): { code: string; message: string }[] {
  const errors = field(parseJson(body.toString('utf8')), 'errors')
  if (!Array.isArray(errors)) return []
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return errors.map(error => ({ code: text(field(error, 'code')), message: text(field(error, 'message')) }))
}

/** A refusal proves no absence, whatever its body says. */
export function provesAbsence({ status, body }: HttpResponse): boolean {
  const isUnknown = ({ code }: { code: string }) => code === 'NAME_UNKNOWN' || code === 'MANIFEST_UNKNOWN'
  return status === 404 || (status === 400 && specErrors(body).some(isUnknown))
}

const RUN_AGAIN = "Run it again; if that does not help, contact the registry's administrators."

export function unreadable(what: string, remedy = RUN_AGAIN, cause?: unknown): ReleaseError {
  return new ReleaseError('registry-unreadable', { what, remedy, cause })
}

export function unusable(what: string, why: string): ReleaseError {
  return unreadable(`The registry's answer for ${what} can not be used: ${oneLine(why)}.`)
}

export function denied(what: string): ReleaseError {
  const remedy = "Check username and password, or docker's login, and the rights of the account there."
  return new ReleaseError('registry-denied', { what, remedy })
}

export function refusalOf(
  { method, what }: { method: string; what: string },
  response: HttpResponse,
  { credentials, secrets }: { credentials: Credentials; secrets: Secrets },
): ReleaseError {
  const { status, body } = response
  const verb = method === 'GET' || method === 'HEAD' ? 'read' : 'write'
  const facts = `${verb} ${what}: ${describeAnswer(response, secrets)}.`
  if (status === 401 && credentials.kind === 'anonymous')
    return denied(`The registry wants a login, and there is none, to ${facts}`)
  if (status === 401 || status === 403) return denied(`The registry does not let this account ${facts}`)
  const codes = specErrors(body).map(({ code }) => code)
  // An immutable tag: Harbor answers 412, ECR 400 with this code.
  if (status !== 412 && status !== 409 && !codes.includes('TAG_INVALID'))
    return unreadable(`The registry could not ${facts}`)
  const remedy =
    verb === 'read' || codes.includes('PROJECTPOLICYVIOLATION')
      ? "The project's vulnerability policy keeps the image from being pulled: fix or allow what it found, then run it again."
      : 'A project rule, such as tag immutability, forbids this: release a new version, or change the rule there.'
  return new ReleaseError('registry-refused', { what: `The registry refuses to ${facts}`, remedy })
}

function describeAnswer({ status, body }: HttpResponse, secrets: Secrets): string {
  const errors = specErrors(body).map(({ code, message }) => (message === '' ? code : `${code}: ${message}`))
  // Masked before it is cut: half a secret would not be recognised.
  const masked = secrets.mask(errors.join('; ') || body.toString('utf8'))
  const said = masked.replace(/\s+/g, ' ').trim()
  return `status ${status}${said === '' ? '' : `, ${oneLine(said.slice(0, 300))}`}`
}
