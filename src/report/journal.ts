import type { Journal } from '../commands/journal.ts'
import type { Result, TagResult } from '../commands/result.ts'
import type { Digest } from '../registry/reference.ts'

/** One stage of a run: how long it took, in milliseconds, and what it concluded or failed with. */
export interface Stage {
  readonly name: string
  readonly took: number
  readonly conclusion: string
}

/** A journal that is kept in memory, to report a run of which nothing but this is left when it failed. */
export class RunJournal implements Journal {
  readonly stages: Stage[] = []
  #result: Result | undefined
  #digest: Digest | undefined
  readonly #tags = new Map<string, TagResult>()

  planned(result: Result): void {
    this.#result = result
  }

  image(digest: Digest): void {
    this.#digest = digest
  }

  tag(tag: TagResult): void {
    this.#tags.set(tag.tag, tag)
  }

  /** What is known of the result so far; nothing if there was not even a plan. */
  get soFar(): Result | undefined {
    if (this.#result === undefined) return undefined
    const known = (tag: TagResult): TagResult => this.#tags.get(tag.tag) ?? tag
    const [first, ...copies] = this.#result.tags
    return { ...this.#result, digest: this.#digest, tags: [known(first), ...copies.map(known)] }
  }
}
