/** A piece of one side of a rule: literal text, a number with its letter, or `*`. */
export type Token =
  | { readonly kind: 'literal'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly letter: string; readonly at: number }

/** What a git tag looks like; `any` is `*`. */
export interface Pattern {
  readonly kind: 'any' | 'tokens'
  readonly source: string
  readonly tokens: readonly Token[]
}

/** What a match binds: letters to digits as they were written, `*` to the whole text. */
export type Bindings = ReadonlyMap<string, string>

export type Match =
  | { readonly kind: 'match'; readonly bindings: Bindings }
  /** `at`: how many characters fitted; `wanted`: what should have stood there. */
  | { readonly kind: 'mismatch'; readonly at: number; readonly wanted: string }

export const ANY = '*'

/** Splits one side of a rule: a capital alone is a number; double quotes make text literal. */
export function tokenize(source: string): Token[] {
  return [...source.matchAll(/"[^"]+"|\*|[A-Z]+|[^"*A-Z]+|"/g)].map(({ 0: text, index: at }) =>
    /^[A-Z*]$/.test(text)
      ? { kind: 'number', letter: text, at }
      : { kind: 'literal', text: text.replace(/^"(.+)"$/, '$1'), at },
  )
}

export function boundBy({ tokens }: Pick<Pattern, 'tokens'>): ReadonlySet<string> {
  return new Set(tokens.flatMap(token => (token.kind === 'number' ? [token.letter] : [])))
}

/** Matches a text in one pass. A number takes all digits; the same letter, the same digits. */
export function matchTokens(tokens: readonly Token[], text: string): Match {
  const bindings = new Map<string, string>()
  let at = 0
  for (const token of tokens) {
    if (token.kind === 'literal') {
      for (let index = 0; index < token.text.length; index += 1, at += 1) {
        if (text[at] !== token.text[index])
          return { kind: 'mismatch', at, wanted: JSON.stringify(token.text.slice(index)) }
      }
      continue
    }
    const { letter } = token
    const bound = bindings.get(letter)
    const value =
      letter === ANY ? text.slice(at, at + (bound?.length ?? lengthOfAny(tokens, text))) : digitsAt(text, at)
    if (value === undefined) return { kind: 'mismatch', at, wanted: `a number (${letter})` }
    if (bound !== undefined && bound !== value)
      return { kind: 'mismatch', at, wanted: `${bound} again (${letter})` }
    bindings.set(letter, value)
    at += value.length
  }
  return at === text.length ? { kind: 'match', bindings } : { kind: 'mismatch', at, wanted: 'the end' }
}

function digitsAt(text: string, at: number): string | undefined {
  const digits = /[0-9]+/y
  digits.lastIndex = at
  return digits.exec(text)?.[0]
}

/** The length of each `*`: what is not literal, in equal parts. */
function lengthOfAny(tokens: readonly Token[], text: string): number {
  const literals = tokens.reduce((sum, token) => sum + (token.kind === 'literal' ? token.text.length : 0), 0)
  const stars = tokens.filter(({ kind }) => kind === 'number').length
  return Math.max((text.length - literals) / stars, 0)
}

/** Writes tokens with what a match has bound; other letters stay. */
export function render(tokens: readonly Token[], bindings: Pick<Bindings, 'get'>): string {
  return tokens
    .map(token => (token.kind === 'literal' ? token.text : (bindings.get(token.letter) ?? token.letter)))
    .join('')
}
