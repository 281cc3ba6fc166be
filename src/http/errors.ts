/** No answer came, after every attempt that was due. `cause` is what went wrong last. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** A proxy did not connect to the host that was to be asked. */
export class RefusedByProxyError extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/** An answer that can't be used, and that the next attempt would not make better. */
export class UnusableAnswerError extends Error {}
