import { ReleaseError } from '../errors.ts'
import { noteAbout } from '../record/annotations.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { RegistryClient } from '../registry/client.ts'
import { IN_TOTO } from '../registry/media-types.ts'
import type { Digest } from '../registry/reference.ts'
import type { Run } from './tools.ts'

/**
 * Reads what the records of an image tell of its stable tags; nothing where there are none, or no place for them. A text says
 * why they can't be read, which is no error.
 */
export type ReadRecords = (
  registry: RegistryClient,
  digest: Digest,
  references: readonly string[],
) => Promise<readonly PromotionNote[] | string>

/** Makes a reader of records that stops to ask once the registry has shown that it has no place for them. */
export const recordsReader = ({ signal, secrets }: Pick<Run, 'signal' | 'secrets'>): ReadRecords => {
  let isSupported = true
  return async (registry, digest, references) => {
    if (!isSupported) return []
    try {
      const there = await registry.impatient.listReferrers(digest, IN_TOTO)
      if (there !== 'unsupported') return references.flatMap(reference => noteAbout(there, reference) ?? [])
      isSupported = false
      return []
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ReleaseError)) throw error
      return secrets.mask(error.what)
    }
  }
}
