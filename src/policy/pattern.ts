/**
 * One side of a rule, cut into what stands for itself and what stands for a number.
 *
 * A single uppercase letter that has no uppercase letter beside it is a number; everything else is literal.
 */
export type Token =
  | { readonly kind: 'literal'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly letter: string; readonly at: number }

/** `*`: any text that is a valid image tag; or a sequence of literals and numbers. */
export type Pattern =
  | { readonly kind: 'any'; readonly source: string }
  | { readonly kind: 'tokens'; readonly source: string; readonly tokens: readonly Token[] }

/** What a match binds: number letters to digits as they were written, `*` to the whole text. */
export type Bindings = ReadonlyMap<string, string>

/** The name under which `*` is bound. */
export const ANY = '*'

const UPPERCASE_RUN = /[A-Z]+|\*/g

/** Cuts `source` into tokens. With `star`, `*` is a token as well, as it is on the right side under `*`. */
export const tokenize = (source: string, { star }: { star: boolean }): Token[] => {
  const tokens: Token[] = []
  let literalFrom = 0
  const closeLiteral = (end: number): void => {
    if (end > literalFrom)
      tokens.push({ kind: 'literal', text: source.slice(literalFrom, end), at: literalFrom })
  }
  for (const { 0: run, index } of source.matchAll(UPPERCASE_RUN)) {
    if (run === ANY ? !star : run.length > 1) continue
    closeLiteral(index)
    tokens.push({ kind: 'number', letter: run, at: index })
    literalFrom = index + 1
  }
  closeLiteral(source.length)
  return tokens
}

/** The letters (and `*`) that a sequence of tokens uses, each once. */
export const lettersOf = (tokens: readonly Token[]): ReadonlySet<string> =>
  new Set(tokens.flatMap(token => (token.kind === 'number' ? [token.letter] : [])))

/** The letters that a match of the pattern binds. */
export const boundBy = (pattern: Pattern): ReadonlySet<string> =>
  pattern.kind === 'any' ? new Set([ANY]) : lettersOf(pattern.tokens)

export type Match =
  | { readonly kind: 'match'; readonly bindings: Bindings }
  /** `at`: how many characters fitted; `wanted`: what should have stood there. */
  | { readonly kind: 'mismatch'; readonly at: number; readonly wanted: string }

const digitsFrom = (text: string, from: number): string => {
  let end = from
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1
  return text.slice(from, end)
}

const commonPrefix = (text: string, from: number, literal: string): number => {
  let length = 0
  while (length < literal.length && text[from + length] === literal[length]) length += 1
  return length
}

/**
 * Matches `text` against tokens, in one pass from left to right: a number takes every digit that stands at
 * its place, so there is never anything to try again. A letter that is already bound must find the same
 * digits, as they are written.
 */
export const matchTokens = (tokens: readonly Token[], text: string): Match => {
  const bindings = new Map<string, string>()
  let at = 0
  for (const token of tokens) {
    if (token.kind === 'literal') {
      const fits = commonPrefix(text, at, token.text)
      at += fits
      if (fits < token.text.length)
        return { kind: 'mismatch', at, wanted: JSON.stringify(token.text.slice(fits)) }
      continue
    }
    const digits = digitsFrom(text, at)
    if (digits === '') return { kind: 'mismatch', at, wanted: `a number (${token.letter})` }
    const bound = bindings.get(token.letter)
    if (bound !== undefined && bound !== digits) {
      return { kind: 'mismatch', at, wanted: `${bound} again (${token.letter})` }
    }
    bindings.set(token.letter, digits)
    at += digits.length
  }
  return at === text.length ? { kind: 'match', bindings } : { kind: 'mismatch', at, wanted: 'the end' }
}

/** Writes tokens out with what a match has bound. Throws a `RangeError` for a letter that is not bound. */
export const render = (tokens: readonly Token[], bindings: Bindings): string =>
  tokens
    .map(token => {
      if (token.kind === 'literal') return token.text
      const value = bindings.get(token.letter)
      if (value === undefined) throw new RangeError(`${token.letter} is not bound`)
      return value
    })
    .join('')

/** A run of digits in everything that tokens can match: digits that are written down, then maybe a number. */
interface DigitGroup {
  readonly digits: string
  readonly letter: string | undefined
}

/** What every match looks like with its runs of digits taken out, and those runs. */
interface Shape {
  readonly skeleton: string
  readonly groups: readonly DigitGroup[]
}

/** Two token sequences can match a common text only if they have the same skeleton. */
export const shapeOf = (tokens: readonly Token[]): Shape => {
  const groups: DigitGroup[] = []
  let skeleton = ''
  let open: string | undefined
  const close = (letter?: string): void => {
    if (open === undefined && letter === undefined) return
    groups.push({ digits: open ?? '', letter })
    skeleton += '0'
    open = undefined
  }
  for (const token of tokens) {
    if (token.kind === 'number') {
      close(token.letter)
      continue
    }
    for (const character of token.text) {
      if (/[0-9]/.test(character)) {
        open = (open ?? '') + character
      } else {
        close()
        skeleton += character
      }
    }
  }
  close()
  return { skeleton, groups }
}

/**
 * Whether everything that `narrow` matches is matched by `wide` as well. Exact, because a text is cut into
 * runs of digits and the rest in one way only, and a number always takes a whole run.
 */
export const covers = (wide: Shape, narrow: Shape): boolean => {
  if (wide.skeleton !== narrow.skeleton) return false
  const seen = new Map<string, string>()
  return wide.groups.every((group, index) => {
    const other = narrow.groups[index]
    if (other === undefined) return false
    if (group.letter === undefined) return other.letter === undefined && other.digits === group.digits
    if (!other.digits.startsWith(group.digits)) return false
    const rest = other.digits.slice(group.digits.length)
    if (rest === '' && other.letter === undefined) return false
    const value = `${rest}${other.letter ?? ''}`
    const before = seen.get(group.letter)
    seen.set(group.letter, value)
    return before === undefined || before === value
  })
}
