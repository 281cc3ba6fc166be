import { ReleaseError } from '../errors.ts'
import { type CheckState, checksInShort, describeCheck } from '../gates/check-state.ts'
import { awaitChecks, type ChecksGate } from '../gates/checks.ts'
import type { LoadGitHub } from '../github/client.ts'
import type { Clock, Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import type { Journal } from './journal.ts'
import { announcedPlan, type Plan } from './plan.ts'
import type { PromoteRequest } from './request.ts'
import type { Result } from './result.ts'
import {
  copyTo,
  keeperOf,
  type Outcome,
  readPlanned,
  requireTagged,
  type States,
  verifyWritten,
  withOutcomes,
} from './tags.ts'

/** What `promote` works with. */
export interface PromotePorts {
  readonly registry: RegistryClient
  readonly log: Log
  readonly transport: Transport
  readonly loadGitHub: LoadGitHub
  readonly clock: Clock
  readonly journal: Journal
}

/** Insists that every required check has passed, and gives back how they stand. Throws `checks-not-passed`. */
const requireChecks = async (
  gate: ChecksGate,
  gitTag: string,
  ports: PromotePorts,
): Promise<readonly CheckState[]> => {
  const states = await awaitChecks(gate, gitTag, ports)
  const open = states.filter(({ kind }) => kind !== 'passed')
  if (open.length === 0) return states
  throw new ReleaseError('checks-not-passed', {
    what: `${gitTag} is not promoted: ${open.map(describeCheck).join('; ')}.`,
    wayOut:
      'Nothing was written. Let the checks pass on the commit of the tag, then run it again; checks-timeout makes it wait for them.',
  })
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
      what: `There is no tag to promote ${reference} to: rule ${result.rule} gives none.`,
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
      what: `${reference} is ${state.digest}, and what is to be promoted is ${pinned}.`,
      wayOut:
        'Nothing was written. Check that the digest is that of this service and version. If it is, the image was replaced since: find out by what.',
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
export const promote = async (request: PromoteRequest, ports: PromotePorts): Promise<Result> => {
  const { registry, log, journal } = ports
  const { policy, gitTag, checks } = request
  const plan = announcedPlan(request, 'promote', ports)
  const { first, copies, result } = plan
  const all = [first, ...copies]

  const look = async (pinned: Digest | undefined) => {
    const reading = await readPlanned(registry, all)
    return { ...reading, digest: digestToPromote({ ...request, digest: pinned }, plan, reading.states) }
  }
  const seen = await log.stage('Read the registry', async conclude => {
    const looked = await look(request.digest)
    conclude(`${first.tag} is ${looked.digest}`)
    return looked
  })
  const { digest } = seen
  journal.image(digest)
  journal.tag({ ...result.tags[0], outcome: 'kept' })
  const isDone = copies.every(({ tag, moving }) => {
    const state = seen.states.get(tag)
    return !moving && state?.kind === 'present' && state.digest === digest
  })
  const asks = checks !== undefined && !isDone
  if (asks) {
    await log.stage('Check what is required', async conclude => {
      const states = await requireChecks(checks, gitTag, ports)
      conclude(checksInShort(states))
    })
  }
  // While checks are waited for, something else may have written these tags, or released a newer version.
  const { states, versions } = asks ? await look(digest) : seen
  const keeper = (tag: (typeof copies)[number]) => keeperOf(tag, { policy, gitTag, versions })
  const image = { digest, manifest: () => requireTagged(registry, first.tag, digest) }
  const copied = await copyTo(copies, image, { registry, log, journal, states, keeper })
  const tags = withOutcomes(plan, new Map<string, Outcome>([[first.tag, { outcome: 'kept' }], ...copied]))
  await verifyWritten(tags, digest, { registry, log, isRead: false })
  return { ...result, digest, tags }
}
