import type { Digest } from '../registry/reference.ts'

/** What became of one planned tag. */
export type TagOutcome =
  /** Built and pushed by this run. */
  | 'built'
  /** A copy of the first tag's manifest, made by this run. */
  | 'copied'
  /** Not written by this run: `plan` writes nothing. */
  | 'planned'

/** One image tag of the plan and what became of it. */
export interface TagResult {
  readonly tag: string
  readonly reference: string
  readonly stable: boolean
  readonly moving: boolean
  readonly outcome: TagOutcome
}

/** What a command found out and did; everything that is reported is in here. */
export interface Result {
  readonly command: 'release' | 'plan'
  readonly service: string
  /** `registry/project/service`. */
  readonly image: string
  readonly gitTag: string
  readonly rule: string
  readonly reason: string
  /** The first is the one that is built. */
  readonly tags: readonly TagResult[]
  /** The digest that every tag has in the registry; none when nothing was published. */
  readonly digest: Digest | undefined
}
