import type { Planned } from '../policy/decide.ts'
import { stableOrigin } from '../policy/match.ts'
import type { Policy } from '../policy/policy.ts'
import type { Finding } from './audit-findings.ts'
import { digestAt, type Observed } from './state.ts'
import type { UsedImage } from './used-images.ts'

/** An image, and each place that names it, as `file:line`. */
export type Use = UsedImage & { readonly at: readonly string[] }

const REMEDIES = {
  'used-not-stable': 'Use the stable tag of a version; if it is not there, promote that version first.',
  'used-gone': 'It can not be pulled again. Use a stable tag that is there, with no digest but its own.',
  'used-without-tag': 'What is filled in there decides: audit what the cluster prints, too.',
  'used-unknown': 'It may be a platform of an image, or older than from: look it up in the registry.',
  'used-elsewhere': 'Audit that project, too, or use the image of this one.',
  'used-not-newest': 'Nothing is wrong. Deploy the newer one when it suits.',
}

/** `version` is that of the tag; `newer` is the stable tag of a newer one. */
export function findingOfUse(
  { tag, digest, elsewhere }: UsedImage,
  known: Pick<Observed, 'tags'> & {
    policy: Policy
    version: Planned | undefined
    lost: ReadonlySet<string>
    newer: string | undefined
  },
): Finding | undefined {
  const { policy, version, tags, lost, newer } = known
  const found = (kind: keyof typeof REMEDIES, what: string): Finding => {
    const wrong = kind === 'used-not-stable' || kind === 'used-gone'
    return { kind, tag: tag ?? '', wrong, what, remedy: REMEDIES[kind] }
  }
  const name = tag ?? digest
  const image = tag === undefined ? digest : digestAt({ tags }, tag)
  if (elsewhere !== undefined) return found('used-elsewhere', `${elsewhere} is used`)
  if (name === undefined) return found('used-without-tag', 'the tag is left out, or filled in later')
  if (image === undefined || lost.has(image)) return found('used-gone', `${name} is used, and is not there`)
  if (digest !== undefined && digest !== image)
    return found('used-gone', `${tag} is used as ${digest}, and is ${image}`)
  const isKnown = [...tags.values()].some(state => state.kind === 'present' && state.digest === image)
  if (!isKnown) return found('used-unknown', `${image} is used, and no audited tag has it`)
  const hasStable = policy.rules.some(({ templates }) => templates.some(({ stable }) => stable))
  if (tag !== undefined && hasStable && stableOrigin(policy, tag) === undefined) {
    const stable = version?.copies.find(copy => copy.stable)?.tag
    return found('used-not-stable', `${tag} is used, ${stable ? `not ${stable}` : 'and is never stable'}`)
  }
  return newer === undefined ? undefined : found('used-not-newest', `${name} is used, and ${newer} is newer`)
}
