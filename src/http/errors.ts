/** No attempt was answered. `cause` is what went wrong last. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** What no further attempt makes better. */
export class LastingError extends Error {}
