import { messageOf } from '../errors.ts'
import { field } from '../json.ts'

const CHECK_NETWORK = 'Check the address, and whether this machine can reach it.'

/** What another attempt can't fix. */
export class LastingError extends Error {
  readonly remedy: string

  constructor(message: string, remedy = CHECK_NETWORK) {
    super(message)
    this.remedy = remedy
  }
}

export class PlainHttpError extends LastingError {}

/** `cause` is the last failure. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'

  get remedy(): string {
    return this.cause instanceof LastingError ? this.cause.remedy : CHECK_NETWORK
  }
}

const NEEDS_TRUST =
  'Set NODE_EXTRA_CA_CERTS to the file of its authority, or NODE_USE_SYSTEM_CA=1 if this machine trusts it; in a workflow, in env: of the step.'

/** A `LastingError`, where no attempt helps. */
export function explainFailure(error: unknown): unknown {
  const code = String(field(error, 'code'))
  const message = messageOf(error)
  if (/wrong version number|packet length too long/.test(message))
    return new PlainHttpError(
      'it speaks plain http',
      'Give it TLS: only this machine is asked by plain http.',
    )
  if (!/CERT|UNABLE_TO_VERIFY/.test(code)) return error
  const isUnknown = /SELF_SIGNED|UNABLE_TO/.test(code)
  return new LastingError(message, isUnknown ? NEEDS_TRUST : "Contact the server's administrators.")
}
