import { field } from '../json.ts'

/** Standard output, whose reader may go away before everything is written, as `head` does. */
export class StandardOutput {
  readonly #stream: NodeJS.WritableStream
  #failure: Error | undefined

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    stream.on('error', this.#note)
  }

  readonly #note = (error: Error | null | undefined): void => {
    this.#failure ??= error ?? undefined
  }

  /** How many characters a line of the terminal has; nothing if it is none. */
  get width(): number | undefined {
    const columns = field(this.#stream, 'columns')
    return typeof columns === 'number' && columns > 0 ? columns : undefined
  }

  /** Whether nobody reads any more, so that there is no use in going on to write. */
  get abandoned(): boolean {
    return field(this.#failure, 'code') === 'EPIPE'
  }

  /** Writes text, at the pace of the reader. Throws what keeps it from being written, unless nobody reads. */
  async write(text: string): Promise<void> {
    if (this.#failure === undefined && text !== '') {
      await new Promise<void>(resolve => {
        this.#stream.write(text, error => {
          this.#note(error)
          resolve()
        })
      })
    }
    if (this.#failure !== undefined && !this.abandoned) throw this.#failure
  }
}
