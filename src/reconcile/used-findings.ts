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

interface Known extends Pick<Observed, 'tags'> {
  readonly policy: Policy
  /** The version that the tag is of. */
  readonly version: Planned | undefined
  readonly lost: ReadonlySet<string>
  /** The stable tag of a newer version. */
  readonly newer: string | undefined
}

/** What audit finds of a use. */
export function findingOfUse(use: UsedImage, known: Known): Finding | undefined {
  const [kind, what] = judgeImage(use, known) ?? []
  if (kind === undefined || what === undefined) return undefined
  const wrong = kind === 'used-not-stable' || kind === 'used-gone'
  return { kind, tag: use.tag ?? '', wrong, what, remedy: REMEDIES[kind] }
}

function judgeImage(
  { tag, digest, elsewhere }: UsedImage,
  { policy, version, tags, lost, newer }: Known,
): [keyof typeof REMEDIES, string] | undefined {
  if (elsewhere !== undefined) return ['used-elsewhere', `${elsewhere} is used`]
  const image = tag === undefined ? digest : digestAt({ tags }, tag)
  const name = tag ?? digest
  if (name === undefined) return ['used-without-tag', 'the tag is left out, or filled in later']
  if (image === undefined || lost.has(image)) return ['used-gone', `${name} is used, and is not there`]
  if (digest !== undefined && digest !== image)
    return ['used-gone', `${tag} is used as ${digest}, and is ${image}`]
  const isKnown = [...tags.values()].some(state => state.kind === 'present' && state.digest === image)
  if (!isKnown) return ['used-unknown', `${image} is used, and no audited tag has it`]
  const hasStable = policy.rules.some(({ templates }) => templates.some(({ stable }) => stable))
  if (tag !== undefined && hasStable && stableOrigin(policy, tag) === undefined) {
    const stable = version?.copies.find(copy => copy.stable)?.tag
    return [
      'used-not-stable',
      `${tag} is used, ${stable === undefined ? 'and is never stable' : `not ${stable}`}`,
    ]
  }
  return newer === undefined ? undefined : ['used-not-newest', `${name} is used, and ${newer} is newer`]
}
