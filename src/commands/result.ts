import type { PromotionNote } from '../record/promotion.ts'
import type { Digest } from '../registry/reference.ts'
import type { Some } from '../some.ts'
import type { AuditResult } from './audit-result.ts'
import type { GitTagRequest } from './request.ts'

/** What became of one planned tag. */
export type TagOutcome =
  /** Nothing: `plan` writes nothing. `verify`: it could not be read. */
  | 'planned'
  /** Docker failed to push it, or it was not read back; the registry has another image there than before. */
  | 'pushed'
  /** It was to be written, and what writes it ended before it said whether it had. */
  | 'unclear'
  /** Built, pushed and read back by this run. */
  | 'built'
  /** A copy of the first tag's manifest, made by this run. */
  | 'copied'
  /** A moving tag that this run set to the image. */
  | 'moved'
  /** It had the right digest already and was not written. */
  | 'kept'
  /** A moving tag that stays with a newer version. */
  | 'stayed'
  /** A stable tag that is not written yet; the note says why. */
  | 'withheld'
  /** `verify`: it should be there and is not. */
  | 'missing'
  /** `verify`: it is there with another digest. */
  | 'different'

/** One image tag of the plan and what became of it. */
export interface ImageTagResult {
  readonly tag: string
  readonly reference: string
  readonly stable: boolean
  readonly moving: boolean
  readonly outcome: TagOutcome
  /** The digest that a fixed tag had before, if this run overwrote it with another. */
  readonly replaced?: Digest
  /** More about the outcome, for people, such as the newer version that a moving tag stays with. */
  readonly note?: string
}

/** What became of one service. */
export interface ServiceResult {
  readonly service: string
  /** `registry/project/service`. */
  readonly image: string
  /** The first is the one that is built. */
  readonly tags: Some<ImageTagResult>
  /** The digest of the image in the registry; none when it is not known. */
  readonly digest: Digest | undefined
  /** Names of checks that must have passed before the withheld tags are promoted, if there are any. */
  readonly checks?: readonly string[]
  /** The record of the decision, if this run made it stable or found it so: a predicate of in-toto. */
  readonly record?: object
  /** `verify`: what the records that are stored with the image tell of its stable tags. */
  readonly records?: readonly PromotionNote[]
  /** The page of the image at its registry, where it is known. */
  readonly page?: string
  /** What is wrong with it, if that is why nothing was written for any service, or why it could not be verified. */
  readonly problem?: string
}

/** What a command found out and did for a git tag; everything that is reported is in here. */
export interface Result {
  readonly command: GitTagRequest['command']
  readonly gitTag: string
  readonly rule: string
  readonly reason: string
  /** In the order in which they were given; all have the same tags. */
  readonly services: Some<ServiceResult>
}

/** The result of any command. */
export type CommandResult = Result | AuditResult

/** The commands that write into the registry. */
const WRITING: readonly CommandResult['command'][] = ['release', 'push', 'promote']

/** Whether a command writes into the registry; the others look, or build on this machine alone. */
export const writesRegistry = (command: CommandResult['command']): boolean => WRITING.includes(command)

/** Whether there is more to say than what was planned. */
export const saysMoreThanPlan = (result: CommandResult): boolean =>
  result.command === 'audit' ||
  allTags(result).some(({ outcome }) => outcome !== 'planned') ||
  result.services.some(({ problem }) => problem !== undefined)

/** Every tag of every service. */
export const allTags = ({ services }: Pick<Result, 'services'>): readonly ImageTagResult[] =>
  services.flatMap(({ tags }) => tags)

/** Whether the tag leads to the image now: everything else was not published, or is another version's. */
export const isPublished = ({ outcome }: ImageTagResult): boolean =>
  outcome === 'built' || outcome === 'copied' || outcome === 'moved' || outcome === 'kept'
