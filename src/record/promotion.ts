import type { Digest } from '../registry/reference.ts'

/** The environment of what somebody runs by hand. */
export const BY_HAND = 'by hand'

/** Who runs this, and where, as far as the CI says so. */
export interface RecordedRun {
  /** Who started the run. */
  readonly actor: string | undefined
  /** The address of the run. */
  readonly run: string | undefined
  /** The environment that it deploys to, or else the kind of machine. */
  readonly environment: string | undefined
}

/** How a check stood when the decision was made. */
export interface RecordedCheck {
  readonly name: string
  /** As GitHub calls it, such as `success`. */
  readonly state: string
  readonly url: string | undefined
}

/** What a record tells that is seen in a list of records. */
export interface PromotionNote extends RecordedRun {
  /** The reference of the stable tag. */
  readonly destination: string
  /** RFC 3339, in UTC. */
  readonly time: string
  /** Whether the run wrote the stable tag; else it found it there, and recorded that later. */
  readonly written: boolean
  readonly checks: readonly RecordedCheck[]
}

/** The decision that made an image stable. */
export interface Promotion extends PromotionNote {
  /** The reference of the first tag. */
  readonly source: string
  readonly digest: Digest
  readonly gitTag: string
  /** The commit of the git tag, if it is known. */
  readonly commit: string | undefined
  /** The name of the rule that gives the stable tag, and the whole policy's digest. */
  readonly rule: string
  readonly policyDigest: Digest
  readonly command: string
}
