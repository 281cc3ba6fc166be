/** The longest image tag that the distribution specification allows, in characters. */
const MAX_TAG_LENGTH = 128

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/

/**
 * Says what keeps `text` from being an image tag, or nothing if it is one.
 *
 * Source: distribution-spec v1.1.1, "Pulling manifests": `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
 */
export const tagProblem = (text: string): string | undefined => {
  if (text === '') return 'it is empty'
  if (text.length > MAX_TAG_LENGTH) return `it has ${text.length} characters, more than ${MAX_TAG_LENGTH}`
  if (TAG.test(text)) return undefined
  const first = text.charAt(0)
  if (first === '.' || first === '-') return `it begins with ${JSON.stringify(first)}`
  const strange = /[^A-Za-z0-9._-]/u.exec(text)
  return `it contains ${JSON.stringify(strange?.[0])}`
}

/**
 * Whether a tag is one under which clients keep what refers to an image where the registry has no list of that:
 * signatures and attestations. It is never a version.
 *
 * Source: distribution-spec v1.1.1, "Referrers Tag Schema"; cosign's tags are the same with an ending, such as `.sig`.
 */
export const isReferrersTag = (tag: string): boolean =>
  /^sha(?:256|384|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?$/.test(tag)
