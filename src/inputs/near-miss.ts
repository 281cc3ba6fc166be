/** With at most two slips, in a short word one. */
export function nearMiss<T extends string>(word: string, known: readonly T[]): T | undefined {
  const once = known.find(name => isNear(word, name, 1))
  return once ?? (word.length > 4 ? known.find(name => isNear(word, name, 2)) : undefined)
}

/** Slips are insertions, deletions and exchanges. */
function isNear(one: string, other: string, slips: number): boolean {
  if (one === '') return other.length <= slips
  const [a, b] = [one.slice(1), other.slice(1)]
  if (one[0] === other[0]) return isNear(a, b, slips)
  return slips > 0 && (isNear(a, b, slips - 1) || isNear(a, other, slips - 1) || isNear(one, b, slips - 1))
}
