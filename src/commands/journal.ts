import type { Digest } from '../registry/reference.ts'
import type { ImageTagResult, Result } from './result.ts'

/** Takes down what a run intends and what it has done so far, so that its end can be reported however it ends. */
export interface Journal {
  /** What is to be done, before anything is. */
  planned(result: Result): void
  /** The image of a service that is published, when the registry is known to have it. */
  image(service: string, digest: Digest): void
  /** What became of one tag. */
  tag(tag: ImageTagResult): void
}
