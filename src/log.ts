/** In one line. `failed`: not as it must be. */
export type Conclude = (line: string, verdict?: 'failed') => void

export interface Warning {
  readonly title: string
  readonly message: string
}

export interface Log {
  info(message: string): void
  warning(title: string, message: string): void
  notice(title: string, message: string): void
  debug(message: string): void
  /** Output of a program, unchanged; only inside `foreign`. */
  raw(text: string): void
  /** Runs something whose raw output is obeyed in nothing. */
  foreign<T>(run: () => Promise<T>): Promise<T>
  stage<T>(name: string, run: (conclude: Conclude) => Promise<T>): Promise<T>
}
