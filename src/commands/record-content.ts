import type { CheckState } from '../gates/check-state.ts'
import type { ChecksGate } from '../gates/checks.ts'
import { policyText } from '../policy/policy.ts'
import type { Promotion, RecordedCheck, RecordedRun } from '../record/promotion.ts'
import { digestOf } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import type { Secrets } from '../secrets.ts'
import { decisionOf } from './plan.ts'
import type { VersionRequest } from './request.ts'
import { type ImageTagResult, isPublished, type ServiceResult } from './result.ts'

/** What a run knows of the promotion that it has carried out. */
export interface KnownOfRun extends VersionRequest {
  readonly command: string
  readonly commit: string | undefined
  /** What a record says of the run; nothing if none is to be stored. */
  readonly recordedRun: RecordedRun | undefined
  readonly checks: ChecksGate | undefined
  /** How the required checks stood before the tags were written, if they were read. */
  readonly states: readonly CheckState[] | undefined
}

/** The stable tags that lead to the image now, fixed before moving. */
export const stableTags = ({ tags }: ServiceResult): readonly ImageTagResult[] =>
  tags.filter(tag => tag.stable && isPublished(tag))

/** An address without what may be a secret in it: an account, a query, a fragment. */
const publicAddress = (address: string | undefined): string | undefined => {
  if (address === undefined || !URL.canParse(address)) return undefined
  const { origin, pathname, protocol } = new URL(address)
  return protocol === 'https:' || protocol === 'http:' ? `${origin}${pathname}` : undefined
}

const recordedChecks = (states: readonly CheckState[]): RecordedCheck[] =>
  states.map(({ name, state, url }) => ({ name, state, url: publicAddress(url) }))

/** The same, with no credential of the run in any text. */
const masked = (promotion: Promotion, secrets: Secrets): Promotion =>
  JSON.parse(JSON.stringify(promotion), (_, value: unknown) =>
    typeof value === 'string' ? secrets.mask(value) : value,
  )

/** What this run has to record of every stable tag of a service: nothing but what it knows itself. */
export const promotionsOf = (
  service: ServiceResult & { readonly digest: Digest },
  { policy, gitTag, commit, command, recordedRun }: KnownOfRun & { readonly recordedRun: RecordedRun },
  { states, secrets }: { states: readonly CheckState[]; secrets: Secrets },
): readonly Promotion[] =>
  stableTags(service).map(({ reference, outcome }) =>
    masked(
      {
        ...recordedRun,
        run: publicAddress(recordedRun.run),
        source: service.tags[0].reference,
        destination: reference,
        digest: service.digest,
        time: new Date().toISOString().replace(/\.[0-9]+Z$/, 'Z'),
        gitTag,
        commit,
        rule: decisionOf({ policy, gitTag }).rule,
        policyDigest: digestOf(Buffer.from(policyText(policy))),
        command,
        written: outcome === 'copied' || outcome === 'moved',
        checks: recordedChecks(states),
      },
      secrets,
    ),
  )
