import { readBlob } from '../../sandbox/storage.ts'

/** One image behind a digest, as the registry stores it. */
export interface StoredImage {
  /** `os/architecture`. */
  readonly platform: string
  readonly labels: Readonly<Record<string, string>>
  readonly env: readonly string[]
}

/** As the image specification has it; what is missing fails in use. */
interface Config {
  readonly os: string
  readonly architecture: string
  readonly config: { readonly Labels?: Record<string, string>; readonly Env?: string[] }
}

/** Follows a digest through index and manifest to the configurations, from the registry's storage alone. */
export const imagesAt = async (storage: string, digest: string): Promise<StoredImage[]> => {
  const stored = JSON.parse((await readBlob(storage, digest)).toString())
  if (Array.isArray(stored.manifests)) {
    const images: { digest: string; platform: { os: string } }[] = stored.manifests
    const found = images.filter(({ platform }) => platform.os !== 'unknown')
    return (await Promise.all(found.map(entry => imagesAt(storage, entry.digest)))).flat()
  }
  const config: Config = JSON.parse((await readBlob(storage, stored.config.digest)).toString())
  const { os, architecture, config: container } = config
  return [{ platform: `${os}/${architecture}`, labels: container.Labels ?? {}, env: container.Env ?? [] }]
}

/** The attestations beside the images of an index. */
export const attestationsAt = async (storage: string, digest: string): Promise<string[]> => {
  const { manifests = [] } = JSON.parse((await readBlob(storage, digest)).toString())
  const entries: { digest: string; annotations?: Record<string, string> }[] = manifests
  return entries
    .filter(entry => entry.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest')
    .map(entry => entry.digest)
}
