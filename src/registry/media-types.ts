/** An in-toto statement. Source: in-toto/attestation, spec/v1, "Envelope layer". */
export const IN_TOTO = 'application/vnd.in-toto+json'

/** For an artifact without a config: image-spec v1.1, "Guidance for an Empty Descriptor". */
export const EMPTY_JSON = 'application/vnd.oci.empty.v1+json'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

export const INDEX = 'application/vnd.oci.image.index.v1+json'

/** A registry that is offered fewer may convert what it has. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  INDEX,
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
