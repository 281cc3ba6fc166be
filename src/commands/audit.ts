import { eachAtOnce } from '../each-at-once.ts'
import { knownFailure, ReleaseError } from '../errors.ts'
import { allTags, type PlannedTag } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt } from '../reconcile/state.ts'
import type { PromotionNote } from '../registry/promotion-record.ts'
import { tagged } from '../registry/reference.ts'
import { errorOfServices, linesOfServices, saidOfServices } from '../service-errors.ts'
import { counted } from '../text.ts'
import { type AuditResult, findingsIn } from './audit-result.ts'
import { auditResult, type ReadService } from './audit-versions.ts'
import { forServices } from './for-services.ts'
import { readNotes } from './record.ts'
import type { AuditRequest, PublishedService } from './request.ts'
import type { Run } from './run.ts'

/** For all services together. */
const REQUESTS_AT_ONCE = 16

/**
 * Compares the registry with the policy for every version. Changes nothing, and pulls nothing. Throws `not-as-planned`, or
 * what could not be read if that is all.
 */
export async function audit(request: AuditRequest, run: Run) {
  const all = await run.log.stage('Read the registry', async conclude => {
    const all = await readServices(request, run)
    const looked = all.reduce((sum, { tags }) => sum + tags.size, 0)
    conclude(`${counted(looked, 'tag')} of ${counted(all.length, 'service')} looked at`)
    return all
  })
  const result = auditResult(request, all)
  run.ledger.result = result
  const incomplete = findingsIn(result).flatMap(({ service, finding: { kind, what, remedy } }) =>
    kind === 'promotion-incomplete' ? [{ service, what: `${what}. ${remedy}` }] : [],
  )
  if (incomplete.length > 0)
    run.log.warning('A promotion is incomplete', linesOfServices(incomplete).trimEnd())
  throwIfWrong(result, all)
}

async function readServices(request: AuditRequest, run: Run) {
  const all = await forServices(request.services, of => listVersions(of, request, run))
  const tags = all.flatMap(one => {
    const wanted = one.judged.flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag))
    return [...new Set([...wanted, ...one.used.flatMap(({ tag }) => tag ?? [])])].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, async ({ one, tag }) => {
    const state = await ask(one.unread, tag, run, () => one.registry.headTag(tag))
    if (state !== undefined) one.tags.set(tag, state)
  })
  const images = all.flatMap(one => {
    const digests = new Set([...one.tags.keys()].flatMap(tag => digestAt(one, tag) ?? []))
    return [...digests].map(digest => ({ one, digest }))
  })
  await eachAtOnce(images, REQUESTS_AT_ONCE, async ({ one, digest }) => {
    const isThere = await ask(one.unread, digest, run, () => one.registry.hasManifest(digest))
    if (isThere === false) one.lost.add(digest)
  })
  if (!request.withRecords) return all
  return Promise.all(all.map(async one => ({ ...one, ...(await readRecords(one, run)) })))
}

/** Of one service: each was asked for minutes. */
const MOST_UNANSWERED = 3

/** Notes a failure, as a part of a sentence: it hides nothing else. */
async function ask<T>(
  unread: ReadService['unread'],
  about: string,
  { secrets }: Run,
  question: () => Promise<T>,
): Promise<T | undefined> {
  const unanswered = [...unread.values()].filter(({ name }) => name === 'registry-unreadable')
  try {
    if (unanswered.length < MOST_UNANSWERED) return await question()
    const what = 'It was not asked for, as the registry did not answer for others.'
    throw new ReleaseError('registry-unreadable', { what, remedy: 'Run it again.' })
  } catch (error) {
    const { name, what, remedy } = knownFailure(error)
    unread.set(about, new ReleaseError(name, { what: secrets.mask(what.replace(/\.?\s*$/, '')), remedy }))
    return undefined
  }
}

async function listVersions(
  of: PublishedService,
  { policy, stable, from, used: all = [] }: AuditRequest,
  run: Run,
): Promise<ReadService> {
  const registry = run.registryFor(of.repository)
  const unread: ReadService['unread'] = new Map()
  const tags = (await ask(unread, '', run, () => registry.listTags())) ?? []
  const published = publishedVersions(policy, tags)
  const versions = newestFirst(published.versions.values())
  // What should be there decides where a moving tag should be.
  const due = versions.flatMap(({ hasFirst, decision }) =>
    hasFirst && stable === 'on-release' ? decision.copies.filter(copy => copy.stable && !copy.moving) : [],
  )
  const oldest = from === undefined ? undefined : versionOfGitTag(policy, from)
  const used = all.filter(({ service }) => service === of.service)
  const isUsed = ({ tag, moving }: PlannedTag) => !moving && used.some(each => each.tag === tag)
  return {
    of,
    registry,
    published,
    judged: versions.filter(
      ({ version, decision }) =>
        oldest === undefined || compareVersions(version, oldest) >= 0 || allTags(decision).some(isUsed),
    ),
    used,
    newest: newestOfMoving(policy, [...tags, ...due.map(({ tag }) => tag)]),
    unread,
    tags: new Map(),
    lost: new Set(),
    notes: new Map(),
    records: 'not-read',
  }
}

async function readRecords(
  { of, registry, judged, tags, lost, unread }: ReadService,
  run: Run,
): Promise<Pick<ReadService, 'notes' | 'records'>> {
  const copies = judged.flatMap(({ decision }) => decision.copies.filter(({ stable }) => stable))
  const stable = [...new Set(copies.map(({ tag }) => tag))]
  const digests = new Set(stable.flatMap(tag => digestAt({ tags }, tag) ?? []))
  const images = [...digests].filter(digest => !lost.has(digest) && !unread.has(digest))
  const notes = new Map<string, PromotionNote>()
  for (const digest of images) {
    const there = stable.filter(tag => digestAt({ tags }, tag) === digest)
    const references = there.map(tag => tagged(of.repository, tag))
    const told = await readNotes(registry, digest, references, run)
    // There is no place for them, or no way to them.
    if (!Array.isArray(told)) return { notes, records: told }
    for (const note of told) notes.set(note.destination, note)
  }
  return { notes, records: images.length === 0 ? 'not-read' : 'read' }
}

const FIRST_FINDINGS = 3

function throwIfWrong(result: AuditResult, all: readonly ReadService[]) {
  const count = all.length
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const unjudged = result.services.flatMap(({ service, image, problem, versions, used = [] }, index) => {
    if (problem === undefined && [...versions, ...used].every(each => each.problem === undefined)) return []
    const [unread] = all[index]?.unread.values() ?? []
    const what = `${unread?.what ?? `${image}: ${problem}`}.`
    const remedy = unread?.remedy ?? 'Check registry, project, service, from and policy.'
    return [{ service, error: new ReleaseError(unread?.name ?? 'not-as-planned', { what, remedy }) }]
  })
  const [first] = unjudged
  if (wrong.length === 0 && first === undefined) return
  const well = count - new Set([...wrong, ...unjudged].map(({ service }) => service)).size
  const counts = well > 0 ? `${well} of ${count} services are as the policy has it. ` : ''
  const what = `Not judged, or not in full, are ${unjudged.length} of ${count} services`
  const unread = first && errorOfServices(unjudged, { name: first.error.name, what, count })
  const isUnreadOnly = wrong.length === 0 && unjudged.every(({ error }) => error.name !== 'not-as-planned')
  const seeList = wrong.length > 0 ? 'Every finding is listed with its remedy.\n' : ''
  throw new ReleaseError((isUnreadOnly && unread?.name) || 'not-as-planned', {
    what: `${counts}${wrong.length > 0 ? firstFindings(wrong) : ''}${unread?.what ?? ''}`,
    remedy: `${seeList}${unread?.remedy ?? ''}`.trimEnd(),
  })
}

function firstFindings(wrong: ReturnType<typeof findingsIn>) {
  const said = saidOfServices(wrong.map(({ service, finding }) => ({ service, what: `${finding.what}.` })))
  const more = said.length - FIRST_FINDINGS
  const lines = [...said.slice(0, FIRST_FINDINGS), ...(more > 0 ? [`${counted(more, 'more finding')}.`] : [])]
  return `Not as the policy has it:\n${lines.map(line => `- ${line}\n`).join('')}`
}
