import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
import { VERSION } from '../version.ts'
import { unreadable } from './answer.ts'
import type { RegistryClient } from './client.ts'
import { EMPTY_JSON, IN_TOTO, OCI_MANIFEST } from './media-types.ts'
import { type Digest, digestOf, imageName } from './reference.ts'

/** The environment of what somebody runs by hand. */
export const BY_HAND = 'by hand'

/** Who runs this, and where, as far as the CI says so. */
export interface RecordedRun {
  readonly actor: string | undefined
  /** The address of the run. */
  readonly run: string | undefined
  /** The environment that it deploys to, or else the kind of machine. */
  readonly environment: string | undefined
}

export interface PromotionNote extends RecordedRun {
  /** The reference of the stable tag. */
  readonly destination: string
  /** RFC 3339, in UTC. */
  readonly time: string
  /** Whether the run wrote the stable tag; else it found it there. */
  readonly written: boolean
  /** How required checks stood when that was decided. */
  readonly checks: readonly { name: string; state: string; url: string | undefined }[]
}

export interface Promotion extends PromotionNote {
  /** The reference of the first tag. */
  readonly source: string
  readonly digest: Digest
  readonly gitTag: string
  /** The commit of the git tag, if it is known. */
  readonly commit: string | undefined
  readonly rule: string
  readonly policyDigest: Digest
  readonly command: string
}

/** "Container Image Promotion Record" of in-toto/attestation, spec/predicates; kubernetes-sigs/promo-tools writes it. */
export const PREDICATE_TYPE = 'https://k8s.io/promo-tools/promotion/v1'

/** The annotation that says which predicate an in-toto statement has; BuildKit's attestations have it, too. */
export const PREDICATE_ANNOTATION = 'in-toto.io/predicate-type'

/** Stores a record as an artifact that refers to the image, and makes sure that the registry lists it. */
export async function storeRecord(registry: RegistryClient, promotion: Promotion): Promise<void> {
  const { digest, source, destination } = promotion
  const head = await registry.headManifest(digest)
  if (head === undefined || Number.isNaN(head.size))
    throw unreadable(`The registry does not say how large ${source} is.`)
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
  throw unreadable(`The registry took the record of ${destination}, and does not list it.`)
}

/** The predicate: the fields of its specification, and ours in a field of their own. */
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

/** The annotations of a record, which a list of records shows. */
export function annotationsOf(note: PromotionNote): Readonly<Record<string, string>> {
  const { destination, time, written, checks, actor, run, environment } = note
  const listed = checks.length === 0 ? undefined : JSON.stringify(checks)
  const own = { destination, actor, run, environment, checks: listed, written: String(written) }
  return {
    [CREATED]: time,
    [PREDICATE_ANNOTATION]: PREDICATE_TYPE,
    ...Object.fromEntries(
      Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[OWN + name, value]])),
    ),
  }
}

/** What a list of records tells of a stable tag: by the last run that wrote it, else by the first that found it there. */
export function noteAbout(descriptors: readonly unknown[], reference: string): PromotionNote | undefined {
  const notes = descriptors
    .flatMap(descriptor => noteIn(descriptor) ?? [])
    .filter(({ destination }) => destination === reference)
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
  return notes.findLast(({ written }) => written) ?? notes[0]
}

function noteIn(descriptor: unknown): PromotionNote | undefined {
  const annotations = field(descriptor, 'annotations')
  const own = (name: string): unknown => field(annotations, OWN + name)
  const destination = textIn(own('destination'))
  const time = timeIn(field(annotations, CREATED))
  const isRecord = field(annotations, PREDICATE_ANNOTATION) === PREDICATE_TYPE
  if (!isRecord || destination === undefined || time === undefined) return undefined
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

/** As one line, and not too much of it: whoever may write to the repository may write anything. */
function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? oneLine(value.slice(0, 400)) : undefined
}

/** A whole address of a page: half of one leads elsewhere. */
function addressIn(value: unknown): string | undefined {
  const address = textIn(value)
  return address === value && /^https?:\/\/[^\s<>"]+$/.test(address ?? '') ? address : undefined
}

function checksIn(value: unknown): PromotionNote['checks'] {
  const checks = typeof value === 'string' ? parseJson(value) : undefined
  if (!Array.isArray(checks)) return []
  return checks.slice(0, 5).flatMap((check: unknown) => {
    const [name, state] = [textIn(field(check, 'name')), textIn(field(check, 'state'))]
    return name && state ? [{ name, state, url: addressIn(field(check, 'url')) }] : []
  })
}

/** RFC 3339, in UTC. A record of the future would be the newest for good; a clock may be 10 minutes ahead of ours. */
function timeIn(value: unknown): string | undefined {
  const isTime = typeof value === 'string' && /^[0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,9})?Z$/.test(value)
  return isTime && Date.parse(value) <= Date.now() + 600_000 ? value : undefined
}
