import { ReleaseError } from '../errors.ts'
import type { CheckState } from '../gates/check-state.ts'
import { awaitChecks, type ChecksGate, type ChecksPorts } from '../gates/checks.ts'
import { field } from '../json.ts'
import { policyText } from '../policy/policy.ts'
import { annotationsOf, noteAbout } from '../record/annotations.ts'
import type { Promotion, PromotionNote, RecordedCheck, RecordedRun } from '../record/promotion.ts'
import {
  artifactManifest,
  type Descriptor,
  EMPTY,
  EMPTY_MEDIA_TYPE,
  IN_TOTO,
  MANIFEST_MEDIA_TYPE,
  predicateOf,
  statementOf,
} from '../record/statement.ts'
import { digestOf, type RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import { VERSION } from '../version.ts'
import { forEach } from './each-service.ts'
import { decisionOf } from './plan.ts'
import type { VersionRequest } from './request.ts'
import { isPublished, type ServiceResult, type TagResult } from './result.ts'
import type { Run } from './tools.ts'

/** What a run knows of the decision that it has carried out. */
export interface Decision extends VersionRequest {
  readonly command: string
  readonly commit: string | undefined
  readonly record: RecordedRun | undefined
  readonly checks: ChecksGate | undefined
  /** How the required checks stood before the tags were written, if they were read. */
  readonly states: readonly CheckState[] | undefined
}

type Tools = ChecksPorts & Pick<Run, 'log' | 'secrets' | 'signal'>

/** A service whose tags are written, and where. */
export interface Recordable {
  readonly result: ServiceResult
  readonly registry: RegistryClient
}

/** The stable tags that lead to the image now, fixed before moving. */
const stableTags = ({ tags }: ServiceResult): readonly TagResult[] =>
  tags.filter(tag => tag.stable && isPublished(tag))

/** An address without what may be a secret in it: an account, a query, a fragment. */
const publicAddress = (address: string | undefined): string | undefined => {
  if (address === undefined || !URL.canParse(address)) return undefined
  const { origin, pathname, protocol } = new URL(address)
  return protocol === 'https:' || protocol === 'http:' ? `${origin}${pathname}` : undefined
}

const recordedChecks = (states: readonly CheckState[]): RecordedCheck[] =>
  states.map(({ name, state, url }) => ({ name, state, url: publicAddress(url) }))

/** The record of one stable tag, as this run would write it. */
const promotionOf = (
  tag: TagResult,
  { tags, digest }: ServiceResult & { readonly digest: Digest },
  decision: Decision & { readonly record: RecordedRun },
  checks: readonly RecordedCheck[],
): Promotion => {
  const { policy, gitTag, commit, command, record } = decision
  return {
    ...record,
    run: publicAddress(record.run),
    source: tags[0].reference,
    destination: tag.reference,
    digest,
    time: new Date().toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    gitTag,
    commit,
    rule: decisionOf({ policy, gitTag }).rule,
    policyDigest: digestOf(Buffer.from(policyText(policy))),
    command,
    written: tag.outcome === 'copied' || tag.outcome === 'moved',
    checks,
  }
}

/** The same, with no credential of this run in any text. */
const masked = (promotion: Promotion, { secrets }: Pick<Run, 'secrets'>): Promotion =>
  JSON.parse(JSON.stringify(promotion), (_, value: unknown) =>
    typeof value === 'string' ? secrets.mask(value) : value,
  )

const notListed = (promotion: Promotion): ReleaseError =>
  new ReleaseError('registry-unreadable', {
    what: `The registry took the record of ${promotion.destination}, and does not list it.`,
    remedy: "Contact the registry's administrators.",
  })

/** Stores a record as an artifact that refers to the image, and makes sure that the registry lists it. */
const store = async (promotion: Promotion, registry: RegistryClient): Promise<void> => {
  const { digest } = promotion
  const head = await registry.headManifest(digest)
  if (head === undefined || Number.isNaN(head.size)) {
    throw new ReleaseError('registry-unreadable', {
      what: `The registry does not say how large ${promotion.source} is.`,
      remedy: 'Run it again.',
    })
  }
  const blob = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => ({
    mediaType,
    digest: await registry.putBlob(bytes),
    size: bytes.length,
  })
  const statement = Buffer.from(JSON.stringify(statementOf(promotion, registry.repository, VERSION)))
  const bytes = artifactManifest(
    {
      subject: { ...head, digest },
      config: await blob(EMPTY_MEDIA_TYPE, EMPTY),
      statement: await blob(IN_TOTO, statement),
    },
    annotationsOf(promotion),
  )
  const subject = await registry.putManifest(digestOf(bytes), { mediaType: MANIFEST_MEDIA_TYPE, bytes })
  if (subject === digest) return
  const listed = await registry.listReferrers(digest, IN_TOTO)
  const isListed = listed !== 'unsupported' && listed.some(each => field(each, 'digest') === digestOf(bytes))
  if (!isListed) throw notListed(promotion)
}

/** How the required checks stand: as they did before the tags were written, or as they do now if that is to be stored. */
const statesOf = async (
  { states, checks, gitTag }: Decision,
  isDue: boolean,
  tools: Tools,
): Promise<readonly CheckState[]> => {
  if (states !== undefined || checks === undefined || !isDue) return states ?? []
  return awaitChecks({ ...checks, timeout: 0 }, gitTag, tools)
}

/** What became of the records of a service. */
interface Recorded {
  /** The decisions as this run knows them: nothing of what the registry says goes into what may be signed. */
  readonly promotions: readonly Promotion[]
  readonly stored: number
  /** Whether the registry has a place for them. */
  readonly supported: boolean
  readonly failure?: string
}

/** Stores the records that are missing: of every tag that this run has written, and of those that have none. */
const storeMissing = async (
  promotions: readonly Promotion[],
  there: readonly unknown[],
  registry: RegistryClient,
): Promise<number> => {
  const missing = promotions.filter(
    ({ written, destination }) => written || noteAbout(there, destination) === undefined,
  )
  for (const promotion of missing) await store(promotion, registry)
  return missing.length
}

/** Records the decisions for a service. What fails is no error: the tags are written. */
const recordService = async (
  { result, registry }: Recordable,
  decision: Decision & { readonly record: RecordedRun },
  run: Tools,
): Promise<Recorded> => {
  const { digest } = result
  const tags = stableTags(result)
  const nothing: Recorded = { promotions: [], stored: 0, supported: true }
  if (digest === undefined || tags.length === 0) return nothing
  const promotionsWith = (states: readonly CheckState[]): Promotion[] =>
    tags.map(tag => masked(promotionOf(tag, { ...result, digest }, decision, recordedChecks(states)), run))
  let promotions = promotionsWith(decision.states ?? [])
  // Nobody should have to wait long for it: what counts is done.
  const { impatient } = registry
  try {
    const there = await impatient.listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return { promotions, stored: 0, supported: false }
    const isDue = promotions.some(({ destination }) => noteAbout(there, destination) === undefined)
    promotions = promotionsWith(await statesOf(decision, isDue, run))
    return { promotions, stored: await storeMissing(promotions, there, impatient), supported: true }
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof ReleaseError)) throw error
    const of = tags.map(({ reference }) => reference).join(', ')
    return { ...nothing, promotions, failure: run.secrets.mask(`The record of ${of}: ${error.what}`) }
  }
}

const conclusionOf = (all: readonly Recorded[]): string => {
  if (all.some(({ supported }) => !supported)) {
    return 'nothing is stored with the image: this registry has no referrers API'
  }
  const stored = all.reduce((sum, each) => sum + each.stored, 0)
  const there = all.reduce((sum, { promotions }) => sum + promotions.length, 0) - stored
  if (stored === 0) return 'there already'
  return `${stored} stored with the ${stored === 1 ? 'image' : 'images'}${there === 0 ? '' : `, ${there} there already`}`
}

/**
 * Stores, as the last step, with every image that is stable now what was decided, unless that is there already; only
 * where the registry has the referrers API. That it can not be stored is a warning.
 */
export const recordDecision = async (
  all: Some<Recordable>,
  decision: Decision,
  run: Tools,
): Promise<Some<ServiceResult>> => {
  const { record } = decision
  if (record === undefined || all.every(({ result }) => stableTags(result).length === 0)) {
    return mapSome(all, ({ result }) => result)
  }
  const recorded = await run.log.stage('Record the decision', async conclude => {
    const recorded = await forEach(all, each => recordService(each, { ...decision, record }, run))
    if (recorded.every(({ failure }) => failure === undefined)) conclude(conclusionOf(recorded))
    else conclude('not all of it is stored', 'failed')
    return recorded
  })
  const failures = recorded.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0) {
    run.log.warning(
      'The decision is not recorded',
      `${failures.join('\n')}\nThe image tags are written and verified. Run it again to add the record.`,
    )
  }
  const promotions = new Map(all.map((each, index) => [each, recorded[index]?.promotions[0]]))
  return mapSome(all, each => {
    const promotion = promotions.get(each)
    return promotion === undefined ? each.result : { ...each.result, record: predicateOf(promotion, VERSION) }
  })
}

/**
 * Reads what the records of an image tell of its stable tags; nothing where there are none, or no place for them. A text says
 * why they can't be read, which is no error.
 */
export type ReadNotes = (
  registry: RegistryClient,
  digest: Digest,
  tags: readonly Pick<TagResult, 'reference'>[],
) => Promise<readonly PromotionNote[] | string>

/** Makes a reader of records that stops to ask once the registry has shown that it has no place for them. */
export const notesReader = ({ signal, secrets }: Pick<Run, 'signal' | 'secrets'>): ReadNotes => {
  let isSupported = true
  return async (registry, digest, tags) => {
    if (!isSupported) return []
    try {
      const there = await registry.impatient.listReferrers(digest, IN_TOTO)
      if (there !== 'unsupported') return tags.flatMap(({ reference }) => noteAbout(there, reference) ?? [])
      isSupported = false
      return []
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ReleaseError)) throw error
      return secrets.mask(error.what)
    }
  }
}
