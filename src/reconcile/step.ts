import type { PlannedTag } from '../policy/decide.ts'
import type { Digest } from '../registry/reference.ts'

interface OfTag {
  readonly tag: PlannedTag
}

/** The first tag gets the image: built, or the one that was built is pushed. `replaces` is what it has, and is overwritten. */
export interface BuildOrPush extends OfTag {
  readonly kind: 'build' | 'push'
  readonly replaces: Digest | undefined
}

/** Nothing: the tag has the image. */
export interface Keep extends OfTag {
  readonly kind: 'keep'
  readonly digest: Digest
}

/** A fixed tag gets the image, if that is known by now. `replaces` is what it has, and is overwritten. */
export interface Copy extends OfTag {
  readonly kind: 'copy'
  readonly digest: Digest | undefined
  readonly replaces: Digest | undefined
}

/** A moving tag gets the image. */
export interface Move extends OfTag {
  readonly kind: 'move'
  readonly digest: Digest | undefined
}

/** A moving tag stays with a newer version. */
export interface Stay extends OfTag {
  readonly kind: 'stay'
  readonly newest: string
}

/** A stable tag waits. */
export interface Withhold extends OfTag {
  readonly kind: 'withhold'
  readonly why: string
}

/** The first tag, which this run has written, is given back to the image that another run published. */
export interface Restore extends OfTag {
  readonly kind: 'restore'
  readonly digest: Digest
}

/** The tag can not become what it should be. */
export interface Refuse extends OfTag {
  readonly kind: 'refuse'
  readonly error: 'already-published' | 'not-published' | 'not-as-planned'
  /** What stands against it, as a part of a sentence. */
  readonly why: string
  /** What the reader can do, as sentences. */
  readonly remedy: string
}

/** What is to be done about the first tag. */
export type FirstStep = BuildOrPush | Keep

/** What is to be done about a tag beside it. */
export type CopyStep = Keep | Copy | Move | Stay | Withhold

/** What is to be done about one tag, so that it becomes what it should be. */
export type Step = FirstStep | CopyStep | Restore | Refuse
