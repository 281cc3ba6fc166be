/** Source: in-toto/attestation, spec/v1, "Envelope layer". */
export const IN_TOTO = 'application/vnd.in-toto+json'
/** Source: image-spec v1.1, "Guidance for an Empty Descriptor". */
export const EMPTY_JSON = 'application/vnd.oci.empty.v1+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'

/** A registry may convert what it has if it is offered fewer. */
export const MANIFEST_MEDIA_TYPES: readonly unknown[] = [
  INDEX,
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
