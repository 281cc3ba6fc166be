import { knownFailure } from '../errors.ts'
import type { CheckState } from '../gates/check-state.ts'
import { awaitChecks } from '../gates/checks.ts'
import { shortBackoff } from '../http/retry.ts'
import { policyText } from '../policy/policy.ts'
import type { RegistryClient } from '../registry/client.ts'
import { IN_TOTO } from '../registry/media-types.ts'
import {
  noteAbout,
  type Promotion,
  type PromotionNote,
  predicateOf,
  storeRecord,
} from '../registry/promotion-record.ts'
import { type Digest, digestOf } from '../registry/reference.ts'
import { linesOfServices, remediesOf } from '../service-errors.ts'
import { counted } from '../text.ts'
import { forServices } from './for-services.ts'
import { isPublished, type ServiceEntry } from './ledger.ts'
import type { VersionRequest } from './request.ts'
import type { Run, ServiceTarget } from './run.ts'

interface Decided extends VersionRequest {
  readonly command: string
  readonly commit: string | undefined
  /** How the required checks stood before the tags were written, if they were read. */
  readonly states: readonly CheckState[] | undefined
}

/** What is the same in all records of a run. */
type Common = Omit<Promotion, 'source' | 'destination' | 'digest' | 'written' | 'checks'>

/**
 * Stores with every image that is stable now what was decided, if the registry has the referrers API. A failure is a warning:
 * the tags are written.
 */
export async function recordDecision(targets: readonly ServiceTarget[], decided: Decided, run: Run) {
  const { recordedRun, decision, policy, command, commit } = decided
  const stable = targets.filter(({ entry }) => stableTags(entry).length > 0)
  if (recordedRun === undefined || stable.length === 0) return
  const common: Common = {
    gitTag: decision.gitTag,
    commit,
    rule: decision.rule,
    policyDigest: digestOf(Buffer.from(policyText(policy))),
    command,
    time: new Date().toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    ...recordedRun,
    run: publicAddress(recordedRun.run),
  }
  const failures = await run.log.stage('Record the decision', async conclude => {
    const all = await forServices(stable, target => recordService(target, decided, common, run))
    const stored = all.reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : 0), 0)
    const failures = all.filter(each => typeof each === 'object')
    if (failures.length > 0) conclude('not all of it is stored', 'failed')
    else if (all.includes('unsupported')) conclude('nothing is stored: this registry has no referrers API')
    else conclude(`${counted(stored, 'record')} stored`)
    return failures
  })
  if (failures.length === 0) return
  const kept = 'The tags are written. Keep this log: a later run can only record that it found them.'
  run.log.warning(
    'The decision is not recorded',
    `${linesOfServices(failures)}${remediesOf(failures)}\n${kept}`,
  )
}

function stableTags({ tags }: ServiceEntry) {
  return tags.filter(tag => tag.stable && isPublished(tag))
}

/** For every stable tag that this run has written, or that has no record. Gives back how many. */
async function recordService(
  { registry: patient, entry }: ServiceTarget,
  { states, checks, commit, decision: { gitTag } }: Decided,
  common: Common,
  run: Run,
): Promise<number | 'unsupported' | { service: string; what: string; remedy: string }> {
  const { digest } = entry
  if (digest === undefined) return 0
  const promotionsWith = (states: readonly CheckState[]): readonly Promotion[] => {
    const recorded = states.map(({ name, state, url }) => ({ name, state, url: publicAddress(url) }))
    const source = entry.tags[0]?.reference ?? ''
    const all = stableTags(entry).map(({ reference: destination, outcome }) => {
      const written = outcome === 'copied' || outcome === 'moved'
      return maskAll({ ...common, source, destination, digest, written, checks: recorded }, run.secrets)
    })
    // It may be signed: what the registry says is not in it.
    if (all[0] !== undefined) entry.record = predicateOf(all[0])
    return all
  }
  let promotions = promotionsWith(states ?? [])
  const registry = patient.withBackoff(shortBackoff)
  try {
    const there = await registry.listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return there
    const isThere = ({ destination }: Promotion): boolean => noteAbout(there, destination) !== undefined
    // Nothing was written, so the checks were not read before.
    if (states === undefined && checks !== undefined && !promotions.every(isThere))
      promotions = promotionsWith(
        await awaitChecks({ ...checks, timeout: 0 }, { gitTag, revision: commit }, run),
      )
    const missing = promotions.filter(promotion => promotion.written || !isThere(promotion))
    for (const promotion of missing) await storeRecord(registry, promotion)
    return missing.length
  } catch (error) {
    const { what, remedy } = knownFailure(error)
    const of = promotions.map(({ destination }) => destination).join(', ')
    return { service: entry.service, what: run.secrets.mask(`The record of ${of}: ${what}`), remedy }
  }
}

function maskAll(promotion: Promotion, secrets: Run['secrets']): Promotion {
  return JSON.parse(JSON.stringify(promotion), (_, value: unknown) =>
    typeof value === 'string' ? secrets.mask(value) : value,
  )
}

/** Without what may be a secret: an account, a query, a fragment. */
function publicAddress(address: string | undefined) {
  if (address === undefined || !URL.canParse(address)) return undefined
  const { origin, pathname, protocol } = new URL(address)
  return protocol === 'https:' || protocol === 'http:' ? `${origin}${pathname}` : undefined
}

/** What records tell of these tags; or why they can't be read, which is no error. */
export async function readNotes(
  registry: RegistryClient,
  digest: Digest,
  references: readonly string[],
  { secrets }: Pick<Run, 'secrets'>,
): Promise<PromotionNote[] | 'unsupported' | { readonly problem: string }> {
  try {
    const there = await registry.withBackoff(shortBackoff).listReferrers(digest, IN_TOTO)
    if (there === 'unsupported') return there
    return references.flatMap(reference => noteAbout(there, reference) ?? [])
  } catch (error) {
    return { problem: secrets.mask(knownFailure(error).what) }
  }
}
