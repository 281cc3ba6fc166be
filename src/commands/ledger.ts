import type { Warning } from '../log.ts'
import type { ImageContent } from '../registry/labels.ts'
import type { PromotionNote } from '../registry/promotion-record.ts'
import { type Digest, imageName, type Repository, tagged } from '../registry/reference.ts'
import type { AuditResult } from './audit-result.ts'
import type { GitTagRequest, Request } from './request.ts'

/**
 * What became of a planned tag. `planned`: nothing so far; `pushed`: not read back; `unclear`: no clear answer to its PUT;
 * `built`, `copied` (or brought), `moved`: by this run; `kept`: it had the image; `stayed`: a moving tag of a newer version;
 * `withheld`: a stable tag that waits; `missing`, `different`: read, and not as planned.
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
  /** The digest that this run overwrote. */
  replaced?: Digest | undefined
  /** More about the outcome, for people. */
  note?: string | undefined
}

export interface RepositoryEntry {
  /** Its name, such as `registry/project/service`. */
  readonly image: string
  /** The first one first. */
  readonly tags: readonly TagEntry[]
  digest?: Digest
  /** What keeps it from being promoted, completed or read. */
  problem?: string
}

export interface ServiceEntry extends RepositoryEntry, ImageContent {
  readonly service: string
  readonly mirrors: readonly RepositoryEntry[]
  /** Checks that the withheld tags wait for. */
  checks?: readonly string[]
  /** The record of the decision: a predicate of in-toto. */
  record?: object
  /** `verify`: what stored records tell of its stable tags. */
  records?: readonly PromotionNote[]
  /** `verify`: what is stable while its own stable tags wait, and where the two are compared. */
  newestStable?: { gitTag?: string; note?: string; compare?: string; record?: PromotionNote }
}

export function nameOf(entry: RepositoryEntry | ServiceEntry) {
  return 'service' in entry ? entry.service : entry.image
}

/** A run for one git tag. Its JSON is the output `json`. */
export interface Result {
  readonly command: GitTagRequest['command']
  readonly gitTag: string
  readonly rule: string
  readonly reason: string
  readonly services: readonly ServiceEntry[]
}

export interface Stage {
  readonly name: string
  /** In milliseconds. */
  readonly took: number
  readonly conclusion: string
}

/** What is known of a run. All that is reported is made of it, however the run ends. */
export class Ledger {
  readonly stages: Stage[] = []
  readonly warnings: Warning[] = []
  /** Nothing before there is a request. */
  result: Result | AuditResult | undefined
}

export function plannedResult({ command, decision, services }: GitTagRequest): Result {
  const { gitTag, rule, reason, first, copies } = decision
  const entryOf = (repository: Repository): RepositoryEntry => ({
    image: imageName(repository),
    tags: [first, ...copies].map(planned => ({
      ...planned,
      reference: tagged(repository, planned.tag),
      outcome: 'planned',
    })),
  })
  const entries = services.map(({ service, repository, mirrors }) => ({
    service,
    ...entryOf(repository),
    mirrors: mirrors.map(entryOf),
  }))
  return { command, gitTag, rule, reason, services: entries }
}

export function noteOutcome(
  { tags }: RepositoryEntry,
  tag: string,
  outcome: TagOutcome,
  { note, replaced }: Pick<TagEntry, 'note' | 'replaced'> = {},
) {
  const entry = tags.find(each => each.tag === tag)
  if (entry !== undefined) Object.assign(entry, { outcome, note, replaced })
}

export function writesRegistry(command: Request['command']) {
  return command === 'release' || command === 'push' || command === 'promote'
}

/** Whether it has a result also when it failed. */
export function hasResultAnyway(command: Request['command'] | 'explain') {
  return command === 'promote' || command === 'verify' || command === 'audit'
}

export function isPublished({ outcome }: TagEntry) {
  return outcome === 'built' || outcome === 'copied' || outcome === 'moved' || outcome === 'kept'
}

/** Of the mirrors, too. */
export function allTagsOf({ services }: Result): readonly TagEntry[] {
  return services.flatMap(service => [service, ...service.mirrors]).flatMap(({ tags }) => tags)
}

/** Services whose stable tags wait, though others have theirs. */
export function leftBehind(services: readonly ServiceEntry[]): string[] {
  const having = (is: TagOutcome) =>
    services.filter(
      ({ tags: [first, ...tags] }) =>
        first?.outcome === 'kept' && tags.some(({ stable, outcome }) => stable && outcome === is),
    )
  return having('kept').length === 0 ? [] : having('withheld').map(({ service }) => service)
}
