import type { PlannedTag } from '../policy/decide.ts'
import type { Digest } from '../registry/reference.ts'

/** The tag can't become what it should be. */
export interface Refuse {
  readonly kind: 'refuse'
  readonly tag: PlannedTag
  /** The name of the error that it is. */
  readonly error: 'already-published' | 'not-published' | 'not-as-planned'
  /** What stands against it, as a part of a sentence. */
  readonly why: string
  /** What the reader can do, as sentences. */
  readonly remedy: string
}

/** What is to be done about one tag, so that it becomes what it should be. A digest that is missing is that of the image that is yet to be built. */
export type Step =
  /** The image is built, or the one that was built is pushed, under the first tag. */
  | { readonly kind: 'build' | 'push'; readonly tag: PlannedTag; readonly replaces: Digest | undefined }
  /** Nothing: it has the image. */
  | { readonly kind: 'keep'; readonly tag: PlannedTag; readonly digest: Digest }
  /** A fixed tag gets the image. */
  | {
      readonly kind: 'copy'
      readonly tag: PlannedTag
      readonly digest: Digest | undefined
      readonly replaces: Digest | undefined
    }
  /** A moving tag gets the image. */
  | {
      readonly kind: 'move'
      readonly tag: PlannedTag
      readonly digest: Digest | undefined
      readonly from: Digest | undefined
    }
  /** A moving tag stays with a newer version. */
  | { readonly kind: 'stay'; readonly tag: PlannedTag; readonly newest: string }
  /** A stable tag waits. */
  | { readonly kind: 'withhold'; readonly tag: PlannedTag; readonly why: string }
  /** The first tag, which this run has written, is given back to the image that another run published. */
  | { readonly kind: 'restore'; readonly tag: PlannedTag; readonly digest: Digest }
  | Refuse
