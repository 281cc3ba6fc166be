/** One way in which a server wants to be asked: RFC 9110, 11.6.1. Scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = new RegExp(`\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))\\s*`, 'y')
const SCHEME = new RegExp(`\\s*(${TOKEN})(?:\\s+|$|(?=,))`, 'y')

/**
 * Reads a WWW-Authenticate header, which may hold several challenges. What can not be read ends the list:
 * a challenge that was cut off is left out.
 */
export const parseChallenges = (header: string): Challenge[] => {
  const challenges: Challenge[] = []
  let at = 0
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    const found = expression.exec(header)
    if (found !== null) at = expression.lastIndex
    return found
  }
  while (at < header.length) {
    const scheme = take(SCHEME)?.[1]
    if (scheme === undefined) break
    const parameters = new Map<string, string>()
    for (let found = take(PARAMETER); found !== null; found = take(PARAMETER)) {
      const [, name = '', quoted, plain = ''] = found
      parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'))
      const comma = at
      if (header[at] !== ',') break
      at += 1
      PARAMETER.lastIndex = at
      if (!PARAMETER.test(header)) {
        at = comma
        break
      }
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters })
    const rest = /^\s*,?\s*/.exec(header.slice(at))?.[0] ?? ''
    if (rest === '' && at < header.length) break
    at += rest.length
  }
  return challenges
}
