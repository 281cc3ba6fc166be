import { messageOf } from '../errors.ts'

/** No attempt was answered; `cause` is the last failure. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** What another attempt can't fix. */
export class LastingError extends Error {}

/** Whether a server answered a TLS handshake in plain text. */
export function speaksPlainHttp(error: unknown): boolean {
  return /wrong version number|packet length too long/.test(messageOf(error))
}
