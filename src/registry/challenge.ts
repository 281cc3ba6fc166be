/** How a server wants to be asked: RFC 9110, 11.6.1. Scheme and names of parameters in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Reads a WWW-Authenticate header. What can not be read ends the list: a challenge that was cut off is left out. */
export function parseChallenges(header: string): Challenge[] {
  let at = 0
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    const found = expression.exec(header)
    if (found !== null) at = expression.lastIndex
    return found
  }
  const challenges: Challenge[] = []
  for (take(COMMAS); at < header.length; take(COMMAS)) {
    const scheme = take(SCHEME)?.[1]
    if (scheme === undefined) return challenges
    const parameters = new Map<string, string>()
    // Basic and Bearer have parameters; what looks like one value there is a parameter that was cut off.
    if (/^(?:basic|bearer)$/i.test(scheme) || take(TOKEN68) === null) {
      for (take(COMMAS); at < header.length; take(COMMAS)) {
        const [found, name = '', quoted, plain = ''] = take(PARAMETER) ?? []
        if (found === undefined) {
          SCHEME.lastIndex = at
          if (SCHEME.test(header)) break
          return challenges
        }
        parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'))
      }
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters })
  }
  return challenges
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** Some may have nothing between them (5.6.1.2). */
const COMMAS = /[\s,]*/y
const SCHEME = new RegExp(`(${TOKEN})(?= |,|$)`, 'y')
/** One value instead of parameters, such as base64. */
const TOKEN68 = /[ ]+[A-Za-z0-9._~+/-]+=*\s*(?=,|$)/y
const PARAMETER = new RegExp(`(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))\\s*(?=,|$)`, 'y')
