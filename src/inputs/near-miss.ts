/** The number of single characters that must be put in, left out or exchanged to get from one to the other. */
const editDistance = (one: string, other: string): number => {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const exchanged = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1)
      current.push(Math.min(exchanged, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[other.length] ?? 0
}

/** The known word that `word` was probably meant to be, if one is near: two slips at most, for short words one. */
export const nearMiss = (word: string, known: readonly string[]): string | undefined => {
  const allowed = word.length > 4 ? 2 : 1
  const [best] = known
    .map(name => ({ name, distance: editDistance(word, name) }))
    .sort((one, other) => one.distance - other.distance)
  return best !== undefined && best.distance <= allowed ? best.name : undefined
}
