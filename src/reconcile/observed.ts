import type { Digest, TagState } from '../registry/reference.ts'

/** What one repository has of the desired tags, as it was read at one time. */
export interface Observed {
  readonly tags: ReadonlyMap<string, TagState>
  /** If a moving tag is desired: all tags, or for every moving tag at least the one that shows the newest version. */
  readonly publishedTags: readonly string[]
  /** What the first tag leads to; nothing if its manifest was not read, as nothing depends on it. */
  readonly content?: FirstContent | undefined
}

/** An image with the commit that it names, or something that a push that was stopped has left there. */
export type FirstContent =
  | { readonly kind: 'image'; readonly revision: string | undefined }
  | { readonly kind: 'leftover' }

/** The image that a tag leads to; nothing if it was not looked at, or is not there. */
export function digestAt({ tags }: Pick<Observed, 'tags'>, tag: string): Digest | undefined {
  const state = tags.get(tag)
  return state?.kind === 'present' ? state.digest : undefined
}
