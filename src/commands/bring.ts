import { PushInterruptedError } from '../docker/push.ts'
import { copyImage } from '../docker/skopeo.ts'
import type { RegistryClient } from '../registry/client.ts'
import { byDigest, type Digest } from '../registry/reference.ts'
import { requireImage } from '../registry/require-image.ts'
import type { Run } from './run.ts'

/** Gives a tag of one repository an image of another, or of the same. Throws what copying throws. */
export async function bringImage(
  digest: Digest,
  { from, to, tag }: { from: RegistryClient; to: RegistryClient; tag: string },
  run: Run,
): Promise<readonly Digest[]> {
  if (!(await to.hasManifest(digest))) {
    await copyImage(digest, { from, to }, run)
    if (!(await to.hasManifest(digest)))
      throw new PushInterruptedError('push-failed', {
        what: `skopeo ended well, and the registry does not have ${byDigest(to.repository, digest)}.`,
        remedy: 'Run it again.',
      })
  }
  await to.putManifest(tag, await requireImage(to, digest))
  return [digest]
}
