import { type CheckState, checksInFull } from '../gates/check-state.ts'
import { openChecks, waitForChecks } from '../gates/checks.ts'
import type { Log } from '../log.ts'
import type { CopyStep } from '../reconcile/step.ts'
import { stableTerms, type Terms } from '../reconcile/terms.ts'
import type { Digest } from '../registry/reference.ts'
import { type NextSteps, nextSteps } from './next-steps.ts'
import type { Observation } from './observe.ts'
import type { Plan } from './plan.ts'
import { recordDecision } from './record.ts'
import type { GitTagRequest, PublishRequest } from './request.ts'
import type { ImageTagResult, ServiceResult } from './result.ts'
import type { ToolsForOne } from './tools.ts'
import { type Image, writeTags } from './write-tags.ts'

/** What a release, or a push, allows and knows before it has looked. */
export const publishTerms = (
  { onExisting, stable, revision }: PublishRequest,
  may: 'build' | 'push',
): Terms => ({
  may,
  onExisting,
  revision,
  stable: stableTerms(stable),
})

/** Observes and reconciles, as a stage of the run. */
export const readRegistry = (
  plan: Plan,
  terms: Terms,
  { registry, log, journal }: ToolsForOne,
  observing?: Promise<Observation>,
): Promise<NextSteps> =>
  log.stage('Read the registry', async conclude => {
    const under = observing === undefined ? {} : { observing }
    const next = await nextSteps(plan, terms, { registry, journal }, under)
    const { first } = next
    const { tag } = first.tag
    if (first.kind === 'keep') conclude(`${tag} is published already, nothing is built: ${first.digest}`)
    else if (first.replaces === undefined) conclude(`${tag} is to be published`)
    else conclude(`${tag} is ${first.replaces}, which is to be replaced`)
    return next
  })

/** Whether a stable tag is about to be written. */
const writesStable = (copies: readonly CopyStep[]): boolean =>
  copies.some(({ kind, tag }) => tag.stable && (kind === 'copy' || kind === 'move'))

const warnOfWithheld = (
  withheld: readonly ImageTagResult[],
  { gitTag, service, repository, checks }: PublishRequest,
  digest: Digest,
  log: Log,
): void => {
  const which = withheld.map(({ reference, note }) => `${reference}: ${note}`).join(', ')
  const project = repository.path.slice(0, -service.length - 1) || "''"
  log.warning(
    'Stable tags are withheld',
    `${which}. To write what is withheld, run it with command: promote, service: ${service}, tag: ${gitTag}, registry: ${repository.registry}, project: ${project}, digest: ${digest}, and the same policy${checks === undefined ? '' : ', require-checks'} and login, as promote_stable_images.yaml does.`,
  )
}

/**
 * Publishes the other tags of an image that the first tag has: looks again after a build, waits for what is required for
 * stable tags and looks once more, writes, and reads every tag back.
 */
export const publishCopies = async (
  request: PublishRequest & Pick<GitTagRequest, 'command'>,
  plan: Plan,
  { terms, image, copies }: { terms: Terms; image: Image; copies: readonly CopyStep[] },
  tools: ToolsForOne,
): Promise<ServiceResult> => {
  const { log, journal, registry } = tools
  const { checks } = request
  const { digest, outcome } = image
  const isBuilt = outcome.outcome === 'built'
  const known: Terms = { ...terms, image: { digest, from: isBuilt ? 'built' : 'found' } }
  journal.image(request.service, digest)
  journal.tag({ ...plan.result.tags[0], ...outcome })
  let states: readonly CheckState[] | undefined
  let steps = isBuilt ? (await nextSteps(plan, known, tools, { readBack: digest })).copies : copies
  if (checks !== undefined && writesStable(steps)) {
    states = await waitForChecks(checks, request, tools)
    const open = openChecks(states)
    const stable: Terms['stable'] =
      open.length === 0 ? { kind: 'write' } : { kind: 'withhold', why: checksInFull(open) }
    steps = (await nextSteps(plan, { ...known, stable }, tools)).copies
  }
  const [written] = await writeTags([{ plan, registry, image, steps }], tools)
  const ofRun = { ...request, commit: request.revision, states }
  const [result] = await recordDecision([{ result: written, registry }], ofRun, tools)
  const withheld = result.tags.filter(({ outcome }) => outcome === 'withheld')
  if (withheld.length === 0) return result
  warnOfWithheld(withheld, request, digest, log)
  return { ...result, ...(checks === undefined ? {} : { checks: checks.names }) }
}
