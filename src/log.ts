/** Says in one line what a stage came to. `failed`: not as it must be. */
export type Conclude = (line: string, verdict?: 'failed') => void

export interface Warning {
  readonly title: string
  readonly message: string
}

export interface Log {
  info(message: string): void
  /** What should be seen, and does not fail the run. */
  warning(title: string, message: string): void
  /** What is good to know. */
  notice(title: string, message: string): void
  debug(message: string): void
  /** Output of a program, unchanged; only inside `foreign`. */
  raw(text: string): void
  /** Runs something whose raw output is obeyed in nothing. */
  foreign<T>(run: () => Promise<T>): Promise<T>
  /** Shows the conclusion of a stage with its duration. */
  stage<T>(name: string, run: (conclude: Conclude) => Promise<T>): Promise<T>
}
