import { checksInFull, checksInShort } from '../gates/check-state.ts'
import { awaitChecks } from '../gates/checks.ts'
import type { LoadGitHub } from '../github/client.ts'
import type { Clock, Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { PlannedTag } from '../policy/decide.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { existing, type First } from './first-tag.ts'
import type { Journal } from './journal.ts'
import { lookAgain, type Outlook } from './outlook.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import { AWAITS_PROMOTION, type Result, type TagResult } from './result.ts'
import {
  copyTo,
  keeperOf,
  type Outcome,
  type Reading,
  replacementOf,
  verifyWritten,
  withOutcomes,
} from './tags.ts'

/** What a publication works with. */
export interface PublishPorts {
  readonly registry: RegistryClient
  readonly log: Log
  readonly transport: Transport
  readonly loadGitHub: LoadGitHub
  readonly clock: Clock
  readonly journal: Journal
}

/** Why the stable tags that are not there yet are not written by this run, if they are not. */
const reasonToWithhold = async (
  request: PublishRequest,
  ports: PublishPorts,
): Promise<string | undefined> => {
  if (request.stable === 'on-promotion') return AWAITS_PROMOTION
  const { checks, gitTag } = request
  if (checks === undefined) return undefined
  const open = await ports.log.stage('Check what is required', async conclude => {
    const states = await awaitChecks(checks, gitTag, ports)
    const open = states.filter(({ kind }) => kind !== 'passed')
    if (open.length === 0) conclude(checksInShort(states))
    else conclude(checksInShort(open), 'failed')
    return open
  })
  return open.length === 0 ? undefined : checksInFull(open)
}

const warnOfWithheld = (
  withheld: readonly TagResult[],
  { gitTag, service, checks }: PublishRequest,
  digest: Digest,
  log: Log,
): void => {
  if (withheld.length === 0) return
  const which = withheld.map(({ reference, note }) => `${reference}: ${note}`).join(', ')
  log.warning(
    'Stable tags are withheld',
    `${which}. To write what is withheld, run it with command: promote, service: ${service}, tag: ${gitTag}, digest: ${digest}, and the same registry, project, policy${checks === undefined ? '' : ', require-checks'} and login, as promote_stable_images.yaml does.`,
  )
}

/**
 * Publishes an image under its plan: the first tag as it is in the registry or as `bring` brings it there,
 * what is required for stable tags, copies of its manifest to the other tags, and every tag read back.
 *
 * What is published is kept, what is missing is added; a run after a complete one writes nothing.
 */
export const publish = async (
  request: PublishRequest,
  plan: Plan,
  { outlook, bring }: { outlook: Outlook; bring: () => Promise<First> },
  ports: PublishPorts,
): Promise<Pick<Result, 'digest' | 'tags' | 'checks'>> => {
  const { registry, log, journal } = ports
  const { policy, gitTag } = request
  const { course, published } = outlook
  const image =
    course.kind === 'reuse' ? existing(registry, plan.first.tag, course.digest, published) : await bring()
  const { digest, outcome } = image
  const isOverwritten = outcome === 'built' && request.onExisting === 'overwrite'
  const first: Outcome = {
    outcome,
    ...(isOverwritten ? replacementOf(plan.first, outlook.states.get(plan.first.tag), digest) : {}),
  }
  journal.image(digest)
  journal.tag({ ...plan.result.tags[0], ...first })

  const lookAfter = (after: 'build' | 'wait'): Promise<Reading> =>
    lookAgain(request, plan, image, { ...ports, after })
  const openIn = ({ states }: Reading): PlannedTag[] =>
    plan.copies.filter(({ tag, stable }) => {
      const state = states.get(tag)
      return stable && !(state?.kind === 'present' && state.digest === digest)
    })
  const built = outcome === 'built' ? await lookAfter('build') : outlook
  const isOpen = openIn(built).length > 0
  const reason = isOpen ? await reasonToWithhold(request, ports) : undefined
  const reading = isOpen && request.checks !== undefined ? await lookAfter('wait') : built
  const { states, versions } = reading
  const withheld = reason === undefined ? [] : openIn(reading)
  const keeper = (tag: PlannedTag) => keeperOf(tag, { policy, gitTag, versions })
  const due = plan.copies.filter(copy => !withheld.includes(copy))
  const copied = await copyTo(due, image, { registry, log, journal, states, keeper })
  const tags = withOutcomes(
    plan,
    new Map<string, Outcome>([
      [plan.first.tag, first],
      ...withheld.map(({ tag }) => [tag, { outcome: 'withheld', note: reason ?? '' }] as const),
      ...copied,
    ]),
  )
  await verifyWritten(tags, digest, { registry, log, isRead: published !== undefined })
  const late = tags.filter(tag => tag.outcome === 'withheld')
  late.forEach(tag => {
    journal.tag(tag)
  })
  warnOfWithheld(late, request, digest, log)
  const { checks } = request
  return { digest, tags, ...(late.length === 0 || checks === undefined ? {} : { checks: checks.names }) }
}
