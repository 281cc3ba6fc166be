/** Why a text can't be an image tag. Source: distribution-spec v1.1.1, "Pulling manifests". */
export function tagProblem(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (text.length > 128) return `it has ${text.length} characters, more than 128`
  if (/^[.-]/.test(text)) return `it begins with ${JSON.stringify(text.charAt(0))}`
  const strange = /[^A-Za-z0-9._-]/u.exec(text)
  return strange === null ? undefined : `it contains ${JSON.stringify(strange[0])}`
}

/** Tags of signatures: distribution-spec v1.1.1, "Referrers Tag Schema"; cosign's have an ending. */
export function isReferrersTag(tag: string) {
  return /^sha(?:256|384|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?$/.test(tag)
}
