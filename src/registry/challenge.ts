/** How a server wants to be asked (RFC 9110, 11.6.1). Scheme and names of parameters in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Map<string, string>
}

/** Reads a WWW-Authenticate header. A challenge that was cut off is left out. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  for (let at = 0; at < header.length; at = PART.lastIndex) {
    PART.lastIndex = at
    const part = PART.exec(header)
    if (part === null) return challenges.slice(0, -1)
    const { known, other, name, quoted, plain = '' } = part.groups ?? {}
    const scheme = (known ?? other)?.toLowerCase()
    if (scheme !== undefined) challenges.push({ scheme, parameters: new Map() })
    if (name !== undefined)
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain)
  }
  return challenges
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = `(?<name>${TOKEN})\\s*=\\s*(?:"(?<quoted>(?:[^"\\\\]|\\\\.)*)"|(?<plain>${TOKEN}))\\s*(?=,|$)`
/** Only other schemes may have one value, such as base64, in place of parameters. */
const SCHEME = `(?:(?<known>basic|bearer)(?=[ ,]|$)|(?<other>${TOKEN})(?=[ ,]|$)(?: +[\\w.~+/-]+=*\\s*(?=,|$))?)`
const PART = new RegExp(`[\\s,]*(?:${PARAMETER}|${SCHEME}|$)`, 'iy')
