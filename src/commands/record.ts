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
import { isPublished, type ServiceEntry, type TagEntry } from './ledger.ts'
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

/** What became of the records of a service: how many were stored, that there is no place for them, or a failure. */
type Recorded = number | 'unsupported' | Pick<ReleaseError, 'what' | 'remedy'>

/**
 * Stores, as the last step, with every image that is stable now what was decided, unless that is there already; only where
 * the registry has the referrers API. That it can not be stored is a warning.
 */
export async function recordDecision(targets: readonly Target[], known: KnownOfRun, run: Run): Promise<void> {
  const { recordedRun, states, checks, decision, commit } = known
  const stable = targets.filter(({ entry }) => stableTags(entry).length > 0)
  if (recordedRun === undefined || stable.length === 0) return
  // As they stood before the tags were written, else as they do now, asked once for all.
  let checked: Promise<readonly CheckState[]> | undefined
  const readChecks = (): Promise<readonly CheckState[]> => {
    const tag = { gitTag: decision.gitTag, revision: commit }
    checked ??=
      states !== undefined || checks === undefined
        ? Promise.resolve(states ?? [])
        : awaitChecks({ ...checks, timeout: 0 }, tag, run)
    return checked
  }
  const recorded = await run.log.stage('Record the decision', async conclude => {
    const all = await forServices(stable, target =>
      recordService(target, { ...known, recordedRun }, readChecks, run),
    )
    const stored = all.reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : 0), 0)
    if (all.some(each => typeof each === 'object')) conclude('not all of it is stored', 'failed')
    else if (all.includes('unsupported'))
      conclude('nothing is stored with the image: this registry has no referrers API')
    else
      conclude(
        stored === 0 ? 'there already' : `${stored} stored with the ${all.length === 1 ? 'image' : 'images'}`,
      )
    return all
  })
  const failures = recorded.filter(each => typeof each === 'object')
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
function stableTags({ tags }: ServiceEntry): readonly TagEntry[] {
  return tags.filter(tag => tag.stable && isPublished(tag))
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
  if (digest === undefined) return 0
  const promotionsWith = (states: readonly CheckState[]): readonly Promotion[] => {
    const all = stableTags(entry).map(tag => promotionOf(tag, { entry, digest, known, states, secrets }))
    // Nothing of what the registry says goes into what may be signed.
    if (all[0] !== undefined) entry.record = predicateOf(all[0], VERSION)
    return all
  }
  let promotions = promotionsWith(known.states ?? [])
  // Nobody should have to wait long for it: what counts is done.
  const registry = patient.withBackoff(shortBackoff)
  try {
    const there = await registry.listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return there
    const isThere = ({ destination }: Promotion): boolean => noteAbout(there, destination) !== undefined
    if (!promotions.every(isThere)) promotions = promotionsWith(await readChecks())
    const missing = promotions.filter(promotion => promotion.written || !isThere(promotion))
    for (const promotion of missing) await store(promotion, registry)
    return missing.length
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ReleaseError)) throw error
    const of = promotions.map(({ destination }) => destination).join(', ')
    return { what: secrets.mask(`The record of ${of}: ${error.what}`), remedy: error.remedy }
  }
}

/** What this run has to record of a stable tag: nothing but what it knows itself, and no credential of the run. */
function promotionOf(
  { reference, outcome }: TagEntry,
  {
    entry,
    digest,
    known: { recordedRun, decision, commit, policy, command },
    states,
    secrets,
  }: {
    entry: ServiceEntry
    digest: Digest
    known: KnownOfRun & { readonly recordedRun: RecordedRun }
    states: readonly CheckState[]
    secrets: Secrets
  },
): Promotion {
  const promotion: Promotion = {
    ...recordedRun,
    run: publicAddress(recordedRun.run),
    source: entry.tags[0]?.reference ?? '',
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

/**
 * What the records of an image tell of its stable tags, or that the registry has no place for records, or why they can't be
 * read, which is no error.
 */
export async function readNotes(
  registry: RegistryClient,
  digest: Digest,
  references: readonly string[],
  { signal, secrets }: Pick<Run, 'signal' | 'secrets'>,
): Promise<PromotionNote[] | 'unsupported' | { readonly problem: string }> {
  try {
    const there = await registry.withBackoff(shortBackoff).listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return there
    return references.flatMap(reference => noteAbout(there, reference) ?? [])
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ReleaseError)) throw error
    return { problem: secrets.mask(error.what) }
  }
}
