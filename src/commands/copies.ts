import { ReleaseError } from '../errors.ts'
import { type CheckState, checksInFull } from '../gates/check-state.ts'
import { openChecks, waitForChecks } from '../gates/checks.ts'
import { shortBackoff } from '../http/retry.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Constraints } from '../reconcile/state.ts'
import type { CopyStep } from '../reconcile/step.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { requireImage, requireTaggedImage } from '../registry/require-image.ts'
import { noteWritten, restoreFirst } from './first-tag.ts'
import { forServices } from './for-services.ts'
import { isPublished, noteOutcome } from './ledger.ts'
import { allowedSteps, type Image, isWritten, observe, readTags } from './observe.ts'
import { recordDecision } from './record.ts'
import type { GitTagRequest } from './request.ts'
import type { Run, ServiceTarget, Target } from './run.ts'

export interface Copies extends Target {
  readonly image: Image
  readonly steps: readonly CopyStep[]
}

export async function publishCopies(
  request: GitTagRequest,
  target: ServiceTarget,
  { constraints, image, copies }: { constraints: Constraints; image: Image; copies: readonly CopyStep[] },
  run: Run,
) {
  const { digest, isBuilt } = image
  const { checks, revision } = request
  const known: Constraints = { ...constraints, image: { digest, from: isBuilt ? 'built' : 'found' } }
  target.entry.digest = digest
  let steps = isBuilt ? await reconcileAgain(target, known, digest) : copies
  let states: readonly CheckState[] | undefined
  if (checks !== undefined && steps.some(step => step.tag.stable && isWritten(step))) {
    states = await waitForChecks(checks, { gitTag: request.decision.gitTag, revision }, run)
    const open = openChecks(states)
    steps = await reconcileAgain(target, {
      ...known,
      stable: open.length === 0 ? { kind: 'write' } : { kind: 'withhold', why: checksInFull(open) },
    })
  }
  await writeCopies([{ ...target, image, steps }], run)
  await recordDecision([target], { ...request, commit: revision, states }, run)
  tellWithheld(target, request, states ?? [], run)
}

/** If another run has published the version while this one built, the first tag is given back to its image. */
async function reconcileAgain(target: Target, constraints: Constraints, readBack?: Digest) {
  const observed = await observe(target, constraints, readBack)
  const steps = reconcile(target.desired, observed, constraints)
  if (constraints.image?.from === 'built') await restoreFirst(target, observed, steps)
  return allowedSteps(target, steps).copies
}

function tellWithheld(
  { entry, desired: { gitTag }, mirrors }: ServiceTarget,
  { stable, checks }: Pick<GitTagRequest, 'stable' | 'checks'>,
  states: readonly CheckState[],
  { log }: Run,
) {
  const withheld = entry.tags.filter(({ outcome }) => outcome === 'withheld').map(({ tag }) => tag)
  if (withheld.length === 0) return
  if (checks !== undefined) entry.checks = checks.names
  const tags = withheld.join(', ')
  if (stable === 'on-promotion') {
    const how = mirrors.length > 0 ? ', with the same mirrors' : ''
    log.notice(
      'Stable tags wait',
      `${tags}: promote writes them, for all services of ${gitTag} together${how}.`,
    )
    return
  }
  const isFailed = states.some(({ kind }) => kind === 'failed')
  const way = isFailed
    ? 'Find out what failed.'
    : `When they have passed, promote ${entry.service}@${entry.digest} for ${gitTag} (command: promote).`
  log.warning('Stable tags are withheld', `${tags}: ${checksInFull(openChecks(states))}. ${way}`)
}

export function hasTagsToWrite({ steps }: Copies) {
  return steps.some(isWritten)
}

/**
 * Writes the tags beside the first, the moving ones of all services last, and reads back what was published. `where` ends the
 * names of the stages. Throws `not-as-planned` or `not-published`.
 */
export async function writeCopies(all: readonly Copies[], run: Run, where = '') {
  for (const one of all) noteFound(one)
  if (all.some(hasTagsToWrite)) {
    await run.log.stage(`Copy to the other tags${where}`, async conclude => {
      try {
        const read = await forServices(all, one => carryOut(one, false, run))
        await forServices(read, one => carryOut(one, true, run))
      } catch (error) {
        // What is written is known only when it was read back.
        const looks = all.map(one => ({ ...one, registry: one.registry.withBackoff(shortBackoff) }))
        await forServices(looks, differences).catch(() => {})
        throw error
      }
      const tags = new Set(all.flatMap(({ steps }) => steps.filter(isWritten).map(({ tag }) => tag.tag)))
      conclude(`${[...tags].join(', ')}${ofServices(all)} written`)
    })
  }
  if (all.some(one => one.image.isBuilt || hasTagsToWrite(one))) await readBack(all, where, run)
  else await forServices(all, requireThere)
}

/** Notes what needs no write. */
export function noteFound({ entry, desired, image, steps }: Copies) {
  if (!image.isBuilt) noteOutcome(entry, desired.first.tag, 'kept')
  for (const step of steps) {
    const { tag } = step.tag
    if (step.kind === 'keep') noteOutcome(entry, tag, 'kept')
    else if (step.kind === 'stay') noteOutcome(entry, tag, 'stayed', { note: belongsTo(step.newest) })
    else if (step.kind === 'withhold') noteOutcome(entry, tag, 'withheld', { note: step.why })
  }
}

async function carryOut(one: Copies, moving: boolean, { signal, log }: Run): Promise<Copies> {
  const { registry, desired, entry, steps, image } = one
  let { manifest } = image
  for (const step of steps) {
    if (!isWritten(step) || step.tag.moving !== moving) continue
    const { tag } = step.tag
    manifest ??= await requireTaggedImage(registry, desired.first.tag, image.digest)
    const theirs = step.kind === 'copy' ? step.replaces : undefined
    // After Cancel nothing is sent: the tag stays as it was.
    signal.throwIfAborted()
    try {
      await registry.putManifest(tag, manifest)
    } catch (error) {
      const isRefused = error instanceof ReleaseError && /^registry-(?:denied|refused)$/.test(error.name)
      noteOutcome(entry, tag, isRefused ? 'planned' : 'unclear')
      if (theirs === undefined || !image.isBuilt || !isRefused) throw error
      throw await restoreTags(one, { tag, theirs }, error)
    }
    noteWritten(entry, tag, 'pushed', theirs === image.digest ? undefined : theirs, log)
  }
  return { ...one, image: { ...image, manifest } }
}

export function belongsTo(newest: string) {
  return `belongs to ${newest}, which is newer`
}

/** If one fixed tag can't be overwritten, the others get its image: they would differ for good. Makes the error. */
async function restoreTags(
  { registry, entry }: Target,
  { tag, theirs }: { tag: string; theirs: Digest },
  error: ReleaseError,
) {
  const manifest = await requireImage(registry, theirs)
  const written = entry.tags.filter(({ outcome }) => ['built', 'copied', 'pushed'].includes(outcome))
  const before = written.flatMap(({ replaced, tag: name }) =>
    replaced === undefined || replaced === theirs ? [] : [` ${name} was ${replaced} before.`],
  )
  for (const { tag: name, replaced } of written) {
    await registry.putManifest(name, manifest)
    noteOutcome(entry, name, 'different', { note: `is ${theirs}`, replaced })
  }
  return new ReleaseError('registry-refused', {
    what: `${tag} can not be overwritten, so ${written.map(each => each.tag).join(', ')} got its image, ${theirs}.${before.join('')} ${error.what}`,
    remedy: error.remedy,
    cause: error,
  })
}

async function readBack(all: readonly Copies[], where: string, { log }: Run) {
  await log.stage(`Verify${where}`, async conclude => {
    const wrong = await forServices(all, differences)
    if (wrong.flat().length > 0) {
      throw new ReleaseError('not-as-planned', {
        what: `What was published is not there as it was written: ${wrong.flat().join('; ')}.`,
        remedy:
          'Find out what else writes these tags, keep runs apart with a concurrency group, delete only the wrong tags, and run it again.',
      })
    }
    const tags = new Set(all.flatMap(({ entry }) => entry.tags.filter(isPublished).map(({ tag }) => tag)))
    conclude(`${[...tags].join(', ')}${ofServices(all)} read back`)
  })
}

function ofServices({ length }: readonly Copies[]) {
  return length === 1 ? '' : ` of ${length} services`
}

async function differences({ registry, entry, image }: Copies) {
  const written = entry.tags.filter(tag => isPublished(tag) || tag.outcome === 'pushed')
  const states = await readTags(registry, written)
  return written.flatMap(({ tag, reference, moving, outcome, replaced }) => {
    const state = states.get(tag)
    if (state?.kind !== 'present') {
      noteOutcome(entry, tag, 'missing')
      return [`${reference} is not there, and should be ${image.digest}`]
    }
    if (state.digest === image.digest) {
      if (outcome === 'pushed') noteOutcome(entry, tag, moving ? 'moved' : 'copied', { replaced })
      return []
    }
    const note = `is ${state.digest}`
    noteOutcome(entry, tag, 'different', { note })
    return [`${reference} ${note}, and should be ${image.digest}`]
  })
}

/** Throws `not-as-planned` unless the registry has the image that HEAD of the first tag named. */
async function requireThere({ registry, desired, entry, image }: Copies) {
  const { digest, manifest } = image
  if (manifest !== undefined || (await registry.hasManifest(digest))) {
    entry.digest = digest
    return
  }
  delete entry.digest
  for (const { tag } of entry.tags.filter(isPublished)) noteOutcome(entry, tag, 'planned')
  throw new ReleaseError('not-as-planned', {
    what: `The registry says that ${tagged(registry.repository, desired.first.tag)} is ${digest}, and does not have that image.`,
    remedy:
      "Contact the registry's administrators: the tag leads nowhere. If it can't be restored, delete the tag and run release again.",
  })
}
