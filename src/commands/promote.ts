import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { type Plan, planOf } from './plan.ts'
import type { PromoteRequest } from './request.ts'
import type { Result } from './result.ts'
import {
  copyTo,
  keeperOf,
  readStates,
  readVersions,
  requireManifest,
  type States,
  verifyWritten,
  withOutcomes,
} from './tags.ts'

/** What `promote` works with. */
export interface PromotePorts {
  readonly registry: RegistryClient
  readonly log: Log
}

/** The digest that is promoted. Throws `not-published` or `not-as-planned`, and nothing has been written. */
const digestToPromote = (
  { digest: pinned, repository, gitTag }: PromoteRequest,
  { first, copies, result }: Plan,
  states: States,
): Digest => {
  const reference = tagged(repository, first.tag)
  if (copies.length === 0) {
    throw new ReleaseError('nothing-to-promote', {
      what: `There is no tag to promote ${reference} to: ${result.reason}`,
      wayOut: 'Promote the git tag of a release that has stable tags, or change the policy.',
    })
  }
  const state = states.get(first.tag)
  if (state?.kind !== 'present') {
    throw new ReleaseError('not-published', {
      what: `${reference} is not in the registry.`,
      wayOut: `Nothing was written. Release ${gitTag} first; what is promoted is the published image.`,
    })
  }
  if (pinned !== undefined && pinned !== state.digest) {
    throw new ReleaseError('not-as-planned', {
      what: `${reference} is ${state.digest} by now, not ${pinned}, which the input digest asks for.`,
      wayOut: 'Nothing was written. Find out who replaced it; then promote what was tested.',
    })
  }
  for (const { tag, moving } of copies) {
    const other = states.get(tag)
    if (moving || other?.kind !== 'present' || other.digest === state.digest) continue
    throw new ReleaseError('already-published', {
      what: `${tagged(repository, tag)} is there already, as ${other.digest}, and ${reference} is ${state.digest}.`,
      wayOut: 'Nothing was written. Find out which is right, and delete the wrong one in the registry.',
    })
  }
  return state.digest
}

/**
 * Gives the published first tag of a git tag its other tags, by digest: nothing is built, pulled or pushed,
 * and no engine is needed. A tag that is promoted already is left alone.
 */
export const promote = async (request: PromoteRequest, { registry, log }: PromotePorts): Promise<Result> => {
  const { policy, gitTag } = request
  const plan = planOf(request)
  const { first, copies, result } = plan
  log.info(result.reason)
  const all = [first, ...copies]

  const { states, versions, digest } = await log.stage('Read the registry', async () => {
    const [states, versions] = await Promise.all([readStates(registry, all), readVersions(registry, all)])
    return { states, versions, digest: digestToPromote(request, plan, states) }
  })
  const copied = await log.stage(`Promote ${tagged(registry.repository, first.tag)}`, () => {
    const keeper = (tag: (typeof copies)[number]) => keeperOf(tag, { policy, gitTag, versions })
    const image = { digest, manifest: () => requireManifest(registry, digest) }
    return copyTo(copies, image, { registry, log, states, keeper })
  })
  const tags = withOutcomes(plan, new Map([[first.tag, { outcome: 'kept' }], ...copied] as const))
  await log.stage('Verify', () => verifyWritten(tags, digest, { registry, log }))
  return { ...result, command: 'promote', digest, tags }
}
