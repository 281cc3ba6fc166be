/** `*` is a number, too. */
export type Token =
  | { readonly kind: 'literal'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly letter: string; readonly at: number }

export interface Pattern {
  readonly kind: 'any' | 'tokens'
  readonly source: string
  readonly tokens: readonly Token[]
}

/** Letters with their digits, as written; `*` with its text. */
export type Bindings = ReadonlyMap<string, string>

export type Match =
  | { readonly kind: 'match'; readonly bindings: Bindings }
  /** `wanted` should have stood at `at`. */
  | { readonly kind: 'mismatch'; readonly at: number; readonly wanted: string }

export const ANY = '*'

/** A capital alone is a number; double quotes make text literal. */
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

/** A number takes all digits; the same letter, the same digits. */
export function matchTokens(tokens: readonly Token[], text: string): Match {
  const bindings = new Map<string, string>()
  let at = 0
  const mismatch = (wanted: string): Match => ({ kind: 'mismatch', at, wanted })
  for (const token of tokens) {
    if (token.kind === 'literal') {
      for (let index = 0; index < token.text.length; index += 1, at += 1) {
        if (text[at] !== token.text[index]) return mismatch(JSON.stringify(token.text.slice(index)))
      }
      continue
    }
    const { letter } = token
    const bound = bindings.get(letter)
    const value =
      letter === ANY ? text.slice(at, at + (bound?.length ?? lengthOfAny(tokens, text))) : digitsAt(text, at)
    if (value === undefined) return mismatch(`a number (${letter})`)
    if (bound !== undefined && bound !== value) return mismatch(`${bound} again (${letter})`)
    bindings.set(letter, value)
    at += value.length
  }
  return at === text.length ? { kind: 'match', bindings } : mismatch('the end')
}

function digitsAt(text: string, at: number) {
  const digits = /[0-9]+/y
  digits.lastIndex = at
  return digits.exec(text)?.[0]
}

/** The length of each `*`: equal parts of what is not literal. */
function lengthOfAny(tokens: readonly Token[], text: string) {
  const literals = tokens.map(token => (token.kind === 'literal' ? token.text : '')).join('')
  const stars = tokens.filter(({ kind }) => kind === 'number').length
  return Math.max((text.length - literals.length) / stars, 0)
}

/** Letters that are not bound stay. */
export function render(tokens: readonly Token[], bindings: Pick<Bindings, 'get'>) {
  return tokens
    .map(token => (token.kind === 'literal' ? token.text : (bindings.get(token.letter) ?? token.letter)))
    .join('')
}
