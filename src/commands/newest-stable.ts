import { knownFailure } from '../errors.ts'
import { shortBackoff } from '../http/retry.ts'
import { newestStable } from '../policy/published.ts'
import { forServices } from './for-services.ts'
import { readNotes } from './record.ts'
import type { VerifyRequest } from './request.ts'
import type { Run, ServiceTarget } from './run.ts'

/** Notes for each service that waits which version is stable now. What can't be read fails nothing. */
export async function noteNewestStable(
  targets: readonly ServiceTarget[],
  { decision, policy, source, withRecords }: VerifyRequest,
  run: Run,
) {
  // A moving tag does not say which version it is.
  if (!decision.copies.some(({ stable, moving }) => stable && !moving)) return
  const waiting = targets.filter(({ entry }) => entry.tags.some(({ outcome }) => outcome === 'withheld'))
  await forServices(waiting, async ({ registry: patient, entry }) => {
    const registry = patient.withBackoff(shortBackoff)
    const tags = await registry.listTags().catch(knownFailure)
    if (!Array.isArray(tags)) return run.log.info(`What is stable now is not shown: ${tags.what}`)
    const newest = newestStable(policy, tags, decision.gitTag)
    entry.newestStable = {}
    if (newest === undefined) return
    const { gitTag, tag, first } = newest
    const range = [gitTag, decision.gitTag].map(encodeURIComponent).join('...')
    const compare = source.address?.startsWith('github.') && `https://${source.address}/compare/${range}`
    const [state, own] = await Promise.all(
      [tag, first].map(each => registry.headTag(each).catch(knownFailure)),
    )
    if (state === undefined || !('digest' in state)) return
    const isOther = own !== undefined && 'digest' in own && own.digest !== state.digest
    entry.newestStable = isOther
      ? { gitTag, note: `, but ${tag} is another image` }
      : { gitTag, ...(compare && { compare }) }
    if (isOther || !withRecords) return
    const notes = await readNotes(registry, state.digest, [`${entry.image}:${tag}`], run)
    if (Array.isArray(notes) && notes[0] !== undefined) entry.newestStable.record = notes[0]
  })
}
