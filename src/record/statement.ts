import { IN_TOTO, OCI_MANIFEST } from '../registry/media-types.ts'
import { type Digest, imageName, type Repository } from '../registry/reference.ts'
import type { Promotion } from './promotion.ts'

/**
 * The predicate "Container Image Promotion Record".
 *
 * Source: in-toto/attestation, spec/predicates, promotion record; kubernetes-sigs/promo-tools writes it.
 */
export const PREDICATE_TYPE = 'https://k8s.io/promo-tools/promotion/v1'

/** What names this program, with its version, in a predicate. */
const builderId = (version: string): string => `https://github.com/dmwm/stable-release-action@v${version}`

/** The predicate, as JSON has it: the fields of the specification, and ours in a field of their own. */
export const predicateOf = (promotion: Promotion, version: string): object => {
  const { source, destination, digest, time, gitTag, commit, rule, policyDigest } = promotion
  const { command, written, checks, actor, run, environment } = promotion
  return {
    srcRef: source,
    dstRef: destination,
    digest,
    timestamp: time,
    builderId: builderId(version),
    stableRelease: { gitTag, commit, rule, policyDigest, command, written, checks, actor, run, environment },
  }
}

/** The in-toto statement about the image: spec v1. */
export const statementOf = (promotion: Promotion, repository: Repository, version: string): object => {
  const [algorithm = '', hex = ''] = promotion.digest.split(':')
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: imageName(repository), digest: { [algorithm]: hex } }],
    predicateType: PREDICATE_TYPE,
    predicate: predicateOf(promotion, version),
  }
}

/** What another manifest refers to, or holds. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** What an artifact has that needs no config. */
export const EMPTY = Buffer.from('{}')

/** The annotation that says which predicate an in-toto statement has; BuildKit's attestations have it, too. */
export const PREDICATE_ANNOTATION = 'in-toto.io/predicate-type'

/** The manifest of an artifact that holds a statement and refers to an image: image-spec v1.1, "Artifact Usage". */
export const artifactManifest = (
  { subject, config, statement }: { subject: Descriptor; config: Descriptor; statement: Descriptor },
  annotations: Readonly<Record<string, string>>,
): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: IN_TOTO,
      config,
      layers: [{ ...statement, annotations: { [PREDICATE_ANNOTATION]: PREDICATE_TYPE } }],
      subject,
      annotations,
    }),
  )
