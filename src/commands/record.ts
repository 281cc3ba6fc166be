import { ReleaseError, remediesOf } from '../errors.ts'
import type { CheckState } from '../gates/check-state.ts'
import { awaitChecks } from '../gates/checks.ts'
import { shortBackoff } from '../http/retry.ts'
import { field } from '../json.ts'
import { policyText } from '../policy/policy.ts'
import { digestOf, type RegistryClient } from '../registry/client.ts'
import { EMPTY_JSON, IN_TOTO, OCI_MANIFEST } from '../registry/media-types.ts'
import { type Digest, imageName } from '../registry/reference.ts'
import type { Secrets } from '../secrets.ts'
import { VERSION } from '../version.ts'
import { forServices } from './concurrency.ts'
import { isPublished, type TagEntry } from './ledger.ts'
import {
  annotationsOf,
  noteAbout,
  PREDICATE_ANNOTATION,
  PREDICATE_TYPE,
  type Promotion,
  type PromotionNote,
  predicateOf,
  type RecordedRun,
} from './record-content.ts'
import type { VersionRequest } from './request.ts'
import type { Run, Target } from './run.ts'

/** What a run knows of the promotion that it has carried out. */
interface KnownOfRun extends VersionRequest {
  readonly command: string
  readonly commit: string | undefined
  /** How the required checks stood before the tags were written, if they were read. */
  readonly states: readonly CheckState[] | undefined
}

/** What became of the records of a service. */
interface Recorded {
  readonly stored: number
  readonly there: number
  /** Whether the registry has a place for them. */
  readonly isSupported: boolean
  readonly failure?: Pick<ReleaseError, 'what' | 'remedy'>
}

/**
 * Stores, as the last step, with every image that is stable now what was decided, unless that is there already; only where
 * the registry has the referrers API. That it can not be stored is a warning.
 */
export async function recordDecision(targets: readonly Target[], known: KnownOfRun, run: Run): Promise<void> {
  const { recordedRun } = known
  const stable = targets.filter(({ entry }) => stableTags(entry.tags).length > 0)
  if (recordedRun === undefined || stable.length === 0) return
  const readChecks = checksReader(known, run)
  const recorded = await run.log.stage('Record the decision', async conclude => {
    const all = await forServices(stable, target =>
      recordService(target, { ...known, recordedRun }, readChecks, run),
    )
    if (all.every(({ failure }) => failure === undefined)) conclude(summarize(all))
    else conclude('not all of it is stored', 'failed')
    return all
  })
  const failures = recorded.flatMap(({ failure }) => failure ?? [])
  if (failures.length === 0) return
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

/** The stable tags that lead to the image now, fixed before moving. */
function stableTags(tags: readonly TagEntry[]): readonly TagEntry[] {
  return tags.filter(tag => tag.stable && isPublished(tag))
}

function summarize(all: readonly Recorded[]): string {
  if (all.some(({ isSupported }) => !isSupported))
    return 'nothing is stored with the image: this registry has no referrers API'
  const stored = all.reduce((sum, each) => sum + each.stored, 0)
  const there = all.reduce((sum, each) => sum + each.there, 0)
  if (stored === 0) return 'there already'
  return `${stored} stored with the ${stored === 1 ? 'image' : 'images'}${there === 0 ? '' : `, ${there} there already`}`
}

/** Tells how the required checks stand: as they did before the tags were written, else as they do now, asked once for all. */
function checksReader(
  { states, checks, decision, commit }: KnownOfRun,
  run: Run,
): () => Promise<readonly CheckState[]> {
  let now: Promise<readonly CheckState[]> | undefined
  return async () => {
    if (states !== undefined || checks === undefined) return states ?? []
    now ??= awaitChecks({ ...checks, timeout: 0 }, { gitTag: decision.gitTag, revision: commit }, run)
    return now
  }
}

/**
 * Records the decisions for a service: of every tag that this run has written, and of those that have no record. What fails
 * is no error: the tags are written.
 */
async function recordService(
  { registry: patient, entry }: Target,
  known: KnownOfRun & { readonly recordedRun: RecordedRun },
  readChecks: () => Promise<readonly CheckState[]>,
  { secrets, signal }: Run,
): Promise<Recorded> {
  const { digest } = entry
  if (digest === undefined) return { stored: 0, there: 0, isSupported: true }
  const source = entry.tags[0]?.reference ?? ''
  const promotionsWith = (states: readonly CheckState[]): readonly Promotion[] =>
    stableTags(entry.tags).map(tag => promotionOf(tag, { source, digest, known, states, secrets }))
  let promotions = promotionsWith(known.states ?? [])
  const note = (): void => {
    // Nothing of what the registry says goes into what may be signed.
    if (promotions[0] !== undefined) entry.record = predicateOf(promotions[0], VERSION)
  }
  note()
  // Nobody should have to wait long for it: what counts is done.
  const registry = patient.withBackoff(shortBackoff)
  try {
    const there = await registry.listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return { stored: 0, there: 0, isSupported: false }
    const isThere = ({ destination }: Promotion): boolean => noteAbout(there, destination) !== undefined
    if (!promotions.every(isThere)) promotions = promotionsWith(await readChecks())
    note()
    const missing = promotions.filter(promotion => promotion.written || !isThere(promotion))
    for (const promotion of missing) await store(promotion, registry)
    return { stored: missing.length, there: promotions.length - missing.length, isSupported: true }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ReleaseError)) throw error
    const of = promotions.map(({ destination }) => destination).join(', ')
    const failure = { what: secrets.mask(`The record of ${of}: ${error.what}`), remedy: error.remedy }
    return { stored: 0, there: 0, isSupported: true, failure }
  }
}

/** What this run has to record of a stable tag: nothing but what it knows itself, and no credential of the run. */
function promotionOf(
  { reference, outcome }: TagEntry,
  about: {
    source: string
    digest: Digest
    known: KnownOfRun & { readonly recordedRun: RecordedRun }
    states: readonly CheckState[]
    secrets: Secrets
  },
): Promotion {
  const { source, digest, known, states, secrets } = about
  const { recordedRun, decision, commit, policy, command } = known
  const promotion: Promotion = {
    ...recordedRun,
    run: publicAddress(recordedRun.run),
    source,
    destination: reference,
    digest,
    time: new Date().toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    gitTag: decision.gitTag,
    commit,
    rule: decision.rule,
    policyDigest: digestOf(Buffer.from(policyText(policy))),
    command,
    written: outcome === 'copied' || outcome === 'moved',
    checks: states.map(({ name, state, url }) => ({ name, state, url: publicAddress(url) })),
  }
  return JSON.parse(JSON.stringify(promotion), (_, value: unknown) =>
    typeof value === 'string' ? secrets.mask(value) : value,
  )
}

/** An address without what may be a secret in it: an account, a query, a fragment. */
function publicAddress(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined
  const { origin, pathname, protocol } = new URL(address)
  return protocol === 'https:' || protocol === 'http:' ? `${origin}${pathname}` : undefined
}

/** Stores a record as an artifact that refers to the image, and makes sure that the registry lists it. */
async function store(promotion: Promotion, registry: RegistryClient): Promise<void> {
  const { digest } = promotion
  const head = await registry.headManifest(digest)
  if (head === undefined || Number.isNaN(head.size)) {
    throw new ReleaseError('registry-unreadable', {
      what: `The registry does not say how large ${promotion.source} is.`,
      remedy: 'Run it again.',
    })
  }
  const blob = async (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: await registry.putBlob(bytes),
    size: bytes.length,
  })
  const [algorithm = '', hex = ''] = digest.split(':')
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: imageName(registry.repository), digest: { [algorithm]: hex } }],
    predicateType: PREDICATE_TYPE,
    predicate: predicateOf(promotion, VERSION),
  }
  const config = await blob(EMPTY_JSON, Buffer.from('{}'))
  const layer = await blob(IN_TOTO, Buffer.from(JSON.stringify(statement)))
  // image-spec v1.1, "Artifact Usage".
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: IN_TOTO,
    config,
    layers: [{ ...layer, annotations: { [PREDICATE_ANNOTATION]: PREDICATE_TYPE } }],
    subject: { ...head, digest },
    annotations: annotationsOf(promotion),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  if ((await registry.putManifest(digestOf(bytes), { mediaType: OCI_MANIFEST, bytes })) === digest) return
  const listed = await registry.listReferrers(digest, IN_TOTO)
  if (listed !== 'unsupported' && listed.some(each => field(each, 'digest') === digestOf(bytes))) return
  throw new ReleaseError('registry-unreadable', {
    what: `The registry took the record of ${promotion.destination}, and does not list it.`,
    remedy: "Contact the registry's administrators.",
  })
}

/** Reads records, of each repository until it has shown that the registry has no place for them. */
export interface RecordsReader {
  /** What the records of an image tell of its stable tags. `onProblem` is told why they can't be read, which is no error. */
  readonly read: (
    registry: RegistryClient,
    digest: Digest,
    references: readonly string[],
    onProblem?: (why: string) => void,
  ) => Promise<readonly PromotionNote[]>
  /** Whether the registry has a place for records, as far as it was asked. */
  readonly isSupported: boolean
}

/** Makes a reader for one run. */
export function recordsReader({
  signal,
  secrets,
  log,
}: Pick<Run, 'signal' | 'secrets' | 'log'>): RecordsReader {
  const asked = new Set<string>()
  const unsupported = new Set<string>()
  return {
    get isSupported() {
      return asked.size === 0 || unsupported.size < asked.size
    },
    read: async (
      registry,
      digest,
      references,
      onProblem = why => log.info(`Records are not shown: ${why}`),
    ) => {
      const image = imageName(registry.repository)
      if (unsupported.has(image)) return []
      asked.add(image)
      try {
        const there = await registry.withBackoff(shortBackoff).listReferrers(digest, IN_TOTO)
        if (there !== 'unsupported') return references.flatMap(reference => noteAbout(there, reference) ?? [])
        unsupported.add(image)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ReleaseError)) throw error
        onProblem(secrets.mask(error.what))
      }
      return []
    },
  }
}
