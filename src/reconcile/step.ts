import type { PlannedTag } from '../policy/decide.ts'
import type { Digest } from '../registry/reference.ts'

/** A digest is missing until the image is built; `replaces` is overwritten. */
export type Step =
  | FirstStep
  | CopyStep
  | Refuse
  | (OfTag & { readonly kind: 'restore'; readonly digest: Digest })

export type FirstStep =
  | (OfTag & { readonly kind: 'build' | 'push' | 'bring' | 'mirror'; readonly replaces: Digest | undefined })
  | Keep

/** Another tag becomes a copy of it, or not yet. A moving tag stays with the `newest` version. */
export type CopyStep =
  | Keep
  | (OfTag & {
      readonly kind: 'copy'
      readonly digest: Digest | undefined
      readonly replaces: Digest | undefined
    })
  | (OfTag & { readonly kind: 'move'; readonly digest: Digest | undefined })
  | (OfTag & { readonly kind: 'stay'; readonly newest: string })
  | (OfTag & { readonly kind: 'withhold'; readonly why: string })

/** The tag can not become what it should be: `why` is part of a sentence, the remedy sentences. */
export interface Refuse extends OfTag {
  readonly kind: 'refuse'
  readonly error: 'already-published' | 'not-published' | 'not-as-planned'
  readonly why: string
  readonly remedy: string
}

type Keep = OfTag & { readonly kind: 'keep'; readonly digest: Digest }

interface OfTag {
  readonly tag: PlannedTag
}
