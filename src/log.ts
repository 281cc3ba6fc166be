/** Says in one line what a stage came to. `failed`: what it looked at is not as it must be. */
export type Conclude = (line: string, verdict?: 'failed') => void

export interface Warning {
  readonly title: string
  readonly message: string
}

/** Where the run tells people what it does. Implemented for the action and for the command line. */
export interface Log {
  /** A line for everybody. */
  info(message: string): void
  /** Something that should be seen, and does not fail the run. */
  warning(title: string, message: string): void
  /** Something good to know, shown beside the run. */
  notice(title: string, message: string): void
  /** For those who look for a fault. */
  debug(message: string): void
  /** Output of a program as it comes, unchanged; only inside `foreign`. */
  raw(text: string): void
  /** Runs something whose raw output is somebody else's: it is shown, and obeyed in nothing. */
  foreign<T>(run: () => Promise<T>): Promise<T>
  /** Runs a stage. What it logs belongs together; its conclusion is shown in one line, with its duration. */
  stage<T>(name: string, run: (conclude: Conclude) => Promise<T>): Promise<T>
}
