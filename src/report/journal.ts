import type { Journal } from '../commands/journal.ts'
import type { ImageTagResult, Result } from '../commands/result.ts'
import type { Digest } from '../registry/reference.ts'
import { mapSome } from '../some.ts'

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
  /** By service. */
  readonly #digests = new Map<string, Digest>()
  /** By reference. */
  readonly #tags = new Map<string, ImageTagResult>()

  planned(result: Result): void {
    this.#result = result
  }

  image(service: string, digest: Digest): void {
    this.#digests.set(service, digest)
  }

  tag(tag: ImageTagResult): void {
    this.#tags.set(tag.reference, tag)
  }

  /** What is known of the result so far; nothing if there was not even a plan. */
  get soFar(): Result | undefined {
    if (this.#result === undefined) return undefined
    const known = (tag: ImageTagResult): ImageTagResult => this.#tags.get(tag.reference) ?? tag
    const services = mapSome(this.#result.services, of => ({
      ...of,
      digest: this.#digests.get(of.service) ?? of.digest,
      tags: mapSome(of.tags, known),
    }))
    return { ...this.#result, services }
  }
}
