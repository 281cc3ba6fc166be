import { ReleaseError, remediesOf } from '../errors.ts'
import type { CheckState } from '../gates/check-state.ts'
import { awaitChecks, type ChecksPorts } from '../gates/checks.ts'
import { field } from '../json.ts'
import { annotationsOf, noteAbout } from '../record/annotations.ts'
import type { Promotion, RecordedRun } from '../record/promotion.ts'
import { artifactManifest, type Descriptor, EMPTY, predicateOf, statementOf } from '../record/statement.ts'
import { digestOf, type RegistryClient } from '../registry/client.ts'
import { EMPTY_JSON, IN_TOTO, OCI_MANIFEST } from '../registry/media-types.ts'
import { mapSome, type Some } from '../some.ts'
import { VERSION } from '../version.ts'
import { mapServices } from './concurrency.ts'
import { type KnownOfRun, promotionsOf, stableTags } from './record-content.ts'
import type { ServiceResult } from './result.ts'
import type { Run } from './tools.ts'

type Tools = ChecksPorts & Pick<Run, 'log' | 'secrets' | 'signal'>

/** A service whose tags are written, and where. */
export interface Recordable {
  readonly result: ServiceResult
  readonly registry: RegistryClient
}

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
      config: await blob(EMPTY_JSON, EMPTY),
      statement: await blob(IN_TOTO, statement),
    },
    annotationsOf(promotion),
  )
  const subject = await registry.putManifest(digestOf(bytes), { mediaType: OCI_MANIFEST, bytes })
  if (subject === digest) return
  const listed = await registry.listReferrers(digest, IN_TOTO)
  const isListed = listed !== 'unsupported' && listed.some(each => field(each, 'digest') === digestOf(bytes))
  if (!isListed) throw notListed(promotion)
}

/** Tells how the required checks stand: as they did before the tags were written, else as they do now, asked once for all. */
const checksReader = (
  { states, checks, gitTag, commit: revision }: KnownOfRun,
  tools: Tools,
): (() => Promise<readonly CheckState[]>) => {
  let now: Promise<readonly CheckState[]> | undefined
  return async () => {
    if (states !== undefined || checks === undefined) return states ?? []
    now ??= awaitChecks({ ...checks, timeout: 0 }, { gitTag, revision }, tools)
    return now
  }
}

/** What became of the records of a service. */
interface Recorded {
  /** The decisions as this run knows them: nothing of what the registry says goes into what may be signed. */
  readonly promotions: readonly Promotion[]
  readonly stored: number
  /** Whether the registry has a place for them. */
  readonly supported: boolean
  readonly failure?: Pick<ReleaseError, 'what' | 'remedy'>
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
  known: KnownOfRun & { readonly recordedRun: RecordedRun },
  { run, readChecks }: { run: Tools; readChecks: () => Promise<readonly CheckState[]> },
): Promise<Recorded> => {
  const { digest } = result
  const tags = stableTags(result)
  const nothing: Recorded = { promotions: [], stored: 0, supported: true }
  if (digest === undefined || tags.length === 0) return nothing
  const { secrets, signal } = run
  const promotionsWith = (states: readonly CheckState[]): readonly Promotion[] =>
    promotionsOf({ ...result, digest }, known, { states, secrets })
  let promotions = promotionsWith(known.states ?? [])
  // Nobody should have to wait long for it: what counts is done.
  const { impatient } = registry
  try {
    const there = await impatient.listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return { promotions, stored: 0, supported: false }
    const isDue = promotions.some(({ destination }) => noteAbout(there, destination) === undefined)
    if (isDue) promotions = promotionsWith(await readChecks())
    return { promotions, stored: await storeMissing(promotions, there, impatient), supported: true }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ReleaseError)) throw error
    const of = tags.map(({ reference }) => reference).join(', ')
    const failure = { what: secrets.mask(`The record of ${of}: ${error.what}`), remedy: error.remedy }
    return { ...nothing, promotions, failure }
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
  known: KnownOfRun,
  run: Tools,
): Promise<Some<ServiceResult>> => {
  const { recordedRun } = known
  if (recordedRun === undefined || all.every(({ result }) => stableTags(result).length === 0)) {
    return mapSome(all, ({ result }) => result)
  }
  const readChecks = checksReader(known, run)
  const recorded = await run.log.stage('Record the decision', async conclude => {
    const recorded = await mapServices(all, each =>
      recordService(each, { ...known, recordedRun }, { run, readChecks }),
    )
    if (recorded.every(({ failure }) => failure === undefined)) conclude(conclusionOf(recorded))
    else conclude('not all of it is stored', 'failed')
    return recorded
  })
  const failures = recorded.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0) {
    run.log.warning(
      'The decision is not recorded',
      [
        ...failures.map(({ what }) => what),
        'The image tags are written and verified.',
        remediesOf(failures),
        'A later run adds a record; it can only say that it found the tag there, so keep the log of this one.',
      ].join('\n'),
    )
  }
  const promotions = new Map(all.map((each, index) => [each, recorded[index]?.promotions[0]]))
  return mapSome(all, each => {
    const promotion = promotions.get(each)
    return promotion === undefined ? each.result : { ...each.result, record: predicateOf(promotion, VERSION) }
  })
}
