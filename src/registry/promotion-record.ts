import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
import { VERSION } from '../version.ts'
import { unreadable } from './answer.ts'
import type { RegistryClient } from './client.ts'
import { EMPTY_JSON, IN_TOTO, OCI_MANIFEST } from './media-types.ts'
import { type Digest, digestOf, imageName } from './reference.ts'

export const BY_HAND = 'by hand'

/** As far as the CI says so. */
export interface RecordedRun {
  readonly actor: string | undefined
  readonly run: string | undefined
  /** Where it deploys to, or else the kind of machine. */
  readonly environment: string | undefined
}

export interface PromotionNote extends RecordedRun {
  /** Of the stable tag. */
  readonly destination: string
  /** RFC 3339, in UTC. */
  readonly time: string
  /** By the run; else it found it there. */
  readonly written: boolean
  /** When that was decided. */
  readonly checks: readonly { name: string; state: string; url: string | undefined }[]
}

export interface Promotion extends PromotionNote {
  /** Of the first tag. */
  readonly source: string
  readonly digest: Digest
  readonly gitTag: string
  /** Of the git tag. */
  readonly commit: string | undefined
  readonly rule: string
  readonly policyDigest: Digest
  readonly command: string
}

/** "Container Image Promotion Record" of in-toto/attestation, spec/predicates. */
export const PREDICATE_TYPE = 'https://k8s.io/promo-tools/promotion/v1'

/** BuildKit's attestations have it, too. */
const PREDICATE_ANNOTATION = 'in-toto.io/predicate-type'

/** Refers to the image (image-spec v1.1, "Artifact Usage"). Checks that it is listed. */
export async function storeRecord(registry: RegistryClient, promotion: Promotion) {
  const { digest, source, destination } = promotion
  const head = await registry.headManifest(digest)
  if (head === undefined || Number.isNaN(head.size))
    throw unreadable(`The registry gives no size of ${source}.`)
  const putJson = async (mediaType: string, value: object) => {
    const bytes = Buffer.from(JSON.stringify(value))
    return { mediaType, digest: await registry.putBlob(bytes), size: bytes.length }
  }
  const [algorithm = '', hex = ''] = digest.split(':')
  const config = await putJson(EMPTY_JSON, {})
  const layer = await putJson(IN_TOTO, {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: imageName(registry.repository), digest: { [algorithm]: hex } }],
    predicateType: PREDICATE_TYPE,
    predicate: predicateOf(promotion),
  })
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
  throw unreadable(`The registry took the record of ${destination}, and does not list it.`)
}

export function predicateOf({ source, destination, digest, time, ...stableRelease }: Promotion): object {
  return {
    srcRef: source,
    dstRef: destination,
    digest,
    timestamp: time,
    builderId: `https://github.com/dmwm/stable-release-action@v${VERSION}`,
    stableRelease,
  }
}

/** image-spec v1.1, annotations.md. */
const CREATED = 'org.opencontainers.image.created'
const OWN = 'io.github.dmwm.stable-release.record.'

/** What lists of records show. */
export function annotationsOf(note: PromotionNote): Record<string, unknown> {
  const { destination, time, written, checks, actor, run, environment } = note
  const listed = checks.length === 0 ? undefined : JSON.stringify(checks)
  const own = { destination, actor, run, environment, checks: listed, written: String(written) }
  const named = Object.entries(own).map(([name, value]) => [OWN + name, value])
  return { [CREATED]: time, [PREDICATE_ANNOTATION]: PREDICATE_TYPE, ...Object.fromEntries(named) }
}

/** Of a stable tag: the last by a run that wrote it, else the first. */
export function noteAbout(descriptors: readonly unknown[], reference: string): PromotionNote | undefined {
  const notes = descriptors
    .flatMap(descriptor => noteIn(descriptor, reference) ?? [])
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
  return notes.findLast(({ written }) => written) ?? notes[0]
}

function noteIn(descriptor: unknown, destination: string) {
  const annotations = field(descriptor, 'annotations')
  const own = (name: string) => field(annotations, OWN + name)
  const time = timeIn(field(annotations, CREATED))
  const isRecord = field(annotations, PREDICATE_ANNOTATION) === PREDICATE_TYPE
  if (!isRecord || own('destination') !== destination || time === undefined) return undefined
  return {
    destination,
    time,
    written: own('written') !== 'false',
    checks: checksIn(own('checks')),
    actor: textIn(own('actor')),
    run: addressIn(own('run')),
    environment: textIn(own('environment')),
  }
}

/** Whoever may write to the repository may write anything. */
function textIn(value: unknown) {
  return typeof value === 'string' && value !== '' ? oneLine(value.slice(0, 400)) : undefined
}

/** A whole address: half of one leads elsewhere. */
function addressIn(value: unknown) {
  const address = textIn(value)
  return address === value && /^https?:\/\/[^\s<>"]+$/.test(address ?? '') ? address : undefined
}

function checksIn(value: unknown) {
  const checks = typeof value === 'string' ? parseJson(value) : undefined
  if (!Array.isArray(checks)) return []
  return checks.slice(0, 5).flatMap((check: unknown) => {
    const [name, state] = [textIn(field(check, 'name')), textIn(field(check, 'state'))]
    return name && state ? [{ name, state, url: addressIn(field(check, 'url')) }] : []
  })
}

/** A record of the future would be the newest for good; a clock may be 10 minutes ahead of ours. */
function timeIn(value: unknown) {
  const isTime = typeof value === 'string' && /^[0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,9})?Z$/.test(value)
  return isTime && Date.parse(value) <= Date.now() + 600_000 ? value : undefined
}
