/** An error that says what failed and why in one message, for whoever prints only that; the cause goes along. */
export const failure = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
