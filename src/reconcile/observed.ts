import type { Digest, TagState } from '../registry/reference.ts'

/** What was read of the manifest that the first tag leads to. */
export type FirstContent =
  /** An image, with the commit that it says it was built from. */
  | { readonly kind: 'image'; readonly revision: string | undefined }
  /** Something else: what a push that was stopped has left there. */
  | { readonly kind: 'leftover' }

/** What one repository has of the desired tags, as it was read at one time. */
export interface Observed {
  /** The state of every desired tag that was looked at, by tag. */
  readonly tags: ReadonlyMap<string, TagState>
  /**
   * The tags of the repository, if a moving tag is desired: all of them, or for every moving tag at least the one that shows the
   * newest version. Whether it moves depends on them.
   */
  readonly publishedTags: readonly string[]
  /** What the first tag leads to; nothing if its manifest was not read, as nothing depends on it. */
  readonly content?: FirstContent | undefined
}

/** The image that a tag leads to; nothing if it was not looked at, or is not there. */
export function digestAt({ tags }: Pick<Observed, 'tags'>, tag: string): Digest | undefined {
  const state = tags.get(tag)
  return state?.kind === 'present' ? state.digest : undefined
}
