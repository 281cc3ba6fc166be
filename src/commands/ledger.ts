import { type Digest, imageName, tagged } from '../registry/reference.ts'
import type { AuditResult } from './audit-result.ts'
import type { PromotionNote } from './record-content.ts'
import type { GitTagRequest, Request } from './request.ts'

/**
 * What became of one planned tag. `planned`: nothing so far; `pushed`: in the registry, not read back; `unclear`: the
 * registry gave no clear answer to its PUT; `built`, `copied`, `moved`: by this run; `kept`: it had the image already;
 * `stayed`: a moving tag that stays with a newer version; `withheld`: a stable tag that waits; `missing`, `different`: read,
 * and not as planned.
 */
export type TagOutcome =
  | 'planned'
  | 'pushed'
  | 'unclear'
  | 'built'
  | 'copied'
  | 'moved'
  | 'kept'
  | 'stayed'
  | 'withheld'
  | 'missing'
  | 'different'

export interface TagEntry {
  readonly tag: string
  readonly reference: string
  readonly stable: boolean
  readonly moving: boolean
  outcome: TagOutcome
  /** The digest that a fixed tag had before, if this run overwrote it with another. */
  replaced?: Digest | undefined
  /** More about the outcome, for people, such as the newer version that a moving tag stays with. */
  note?: string | undefined
}

export interface ServiceEntry {
  readonly service: string
  /** `registry/project/service`. */
  readonly image: string
  /** The first one first. */
  readonly tags: readonly TagEntry[]
  /** The digest of the image in the registry; missing while it is not known. */
  digest?: Digest
  /** Names of checks that must have passed before the withheld tags are promoted. */
  checks?: readonly string[]
  /** The record of the decision, if this run made it stable or found it so: a predicate of in-toto. */
  record?: object
  /** `verify`: what the records that are stored with the image tell of its stable tags. */
  records?: readonly PromotionNote[]
  /** What keeps it from being promoted, or from being read. */
  problem?: string
}

/** What is known of a run for one git tag. Its JSON is the output `json`. */
export interface Result {
  readonly command: GitTagRequest['command']
  readonly gitTag: string
  readonly rule: string
  readonly reason: string
  readonly services: readonly ServiceEntry[]
}

/** One stage of a run: how long it took, in milliseconds, and what it concluded or failed with. */
export interface Stage {
  readonly name: string
  readonly took: number
  readonly conclusion: string
}

/** Takes down what is known of a run, where it happens. All that is reported is made of it, however the run ends. */
export class Ledger {
  readonly stages: Stage[] = []
  /** Nothing before there is a request. */
  result: Result | AuditResult | undefined
}

/** The plan of a request, to which nothing has happened yet. */
export function plannedResult({ command, decision, services }: GitTagRequest): Result {
  const { gitTag, rule, reason, first, copies } = decision
  const entries = services.map(({ service, repository }) => ({
    service,
    image: imageName(repository),
    tags: [first, ...copies].map(planned => ({
      ...planned,
      reference: tagged(repository, planned.tag),
      outcome: 'planned' as const,
    })),
  }))
  return { command, gitTag, rule, reason, services: entries }
}

export function noteOutcome(
  { tags }: ServiceEntry,
  tag: string,
  outcome: TagOutcome,
  { note, replaced }: Pick<TagEntry, 'note' | 'replaced'> = {},
): void {
  const entry = tags.find(each => each.tag === tag)
  if (entry !== undefined) Object.assign(entry, { outcome, note, replaced })
}

/** Whether a command writes into the registry; the others look, or build on this machine alone. */
export function writesRegistry(command: Request['command']): boolean {
  return command === 'release' || command === 'push' || command === 'promote'
}

/** Whether a command has a result also when it failed: what it found, or how far it came, is what was asked for. */
export function hasResultAnyway(command: Request['command']): boolean {
  return command === 'promote' || command === 'verify' || command === 'audit'
}

/** Whether the tag leads to the image now: everything else was not published, or is another version's. */
export function isPublished({ outcome }: TagEntry): boolean {
  return outcome === 'built' || outcome === 'copied' || outcome === 'moved' || outcome === 'kept'
}

export function allTagsOf({ services }: Result): readonly TagEntry[] {
  return services.flatMap(({ tags }) => tags)
}
