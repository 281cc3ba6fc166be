import { ReleaseError } from '../errors.ts'
import { shortBackoff } from '../http/retry.ts'
import { noteAbout } from '../record/annotations.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { RegistryClient } from '../registry/client.ts'
import { IN_TOTO } from '../registry/media-types.ts'
import { type Digest, imageName } from '../registry/reference.ts'
import type { Run } from './tools.ts'

/** Reads records, of each repository until it has shown that the registry has no place for them. */
export interface RecordsReader {
  /**
   * What the records of an image tell of its stable tags; nothing where there are none. A text says why they can't be
   * read, which is no error.
   */
  readonly read: (
    registry: RegistryClient,
    digest: Digest,
    references: readonly string[],
  ) => Promise<readonly PromotionNote[] | string>
  /** Whether the registry has a place for records, as far as it was asked. */
  readonly isSupported: boolean
}

/** Makes a reader for one run. */
export const recordsReader = ({ signal, secrets }: Pick<Run, 'signal' | 'secrets'>): RecordsReader => {
  const asked = new Set<string>()
  const unsupported = new Set<string>()
  return {
    get isSupported() {
      return asked.size === 0 || unsupported.size < asked.size
    },
    read: async (registry, digest, references) => {
      const image = imageName(registry.repository)
      if (unsupported.has(image)) return []
      asked.add(image)
      try {
        const there = await registry.withBackoff(shortBackoff).listReferrers(digest, IN_TOTO)
        if (there !== 'unsupported') return references.flatMap(reference => noteAbout(there, reference) ?? [])
        unsupported.add(image)
        return []
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ReleaseError)) throw error
        return secrets.mask(error.what)
      }
    },
  }
}
