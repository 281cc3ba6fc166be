import { oneLine } from './text.ts'

const MASK = '***'

/** In characters. What is shorter is in too many words: masking it would make a log unreadable and protect nothing. */
const SHORTEST = 4

/** The forms in which a text may be sent, and so come back, and the one in which it is shown. */
const formsOf = (secret: string): string[] => [
  secret,
  oneLine(secret),
  ...secret.split(/\r?\n/),
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  new URLSearchParams([['', secret]]).toString().slice(1),
  // Whether base64 is padded depends on who writes it.
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
]

/** What a word that follows "Basic" or "Bearer" in a sentence does not have. */
const IN_NO_WORD = /[0-9]|[A-Za-z][A-Z]|==/

/** A character as JSON, an address or HTML may write it. */
const ENCODED = '\\\\u00[0-9a-f]{2}|%[0-9a-f]{2}|&(?:#x?[0-9a-f]{1,6}|plus|sol|equals);'
const SPACE = '(?:\\s|%20|\\\\u0020|&#32;)'
/** `Authorization: `, `"authorization":["`, `Authorization%3A%20`. */
const NAME = `authorization["'\\\\\\]]*${SPACE}*(?:[:=]|%3A)(?:${SPACE}|["'\\\\[])*`
/** A header with a scheme, whose value may be anything. */
const HEADER = new RegExp(
  `(${NAME}(?:basic|bearer|negotiate|token)${SPACE}+)(?:${ENCODED}|[^\\s"'\\\\,;<>()[\\]{}])+`,
  'gi',
)
const VALUE = new RegExp(
  `(${NAME}|\\b(?:basic|bearer)${SPACE}+)((?:${ENCODED}|[A-Za-z0-9._~+/-]){6,}=*)`,
  'gi',
)
const ENCODINGS = new RegExp(ENCODED, 'gi')

/** Cuts the credentials out of Authorization headers that a text quotes, and leaves sentences about authorization alone. */
export const cutAuthorization = (text: string): string =>
  text
    .replace(HEADER, `$1${MASK}`)
    .replace(VALUE, (whole: string, before: string, value: string) =>
      IN_NO_WORD.test(value.replace(ENCODINGS, '/')) ? `${before}${MASK}` : whole,
    )

/** The credentials that a run uses, so that none of them is shown. `onForm` is told of all that is to be masked. */
export class Secrets {
  readonly #onForm: (form: string) => void
  /** The longest first: one may be a part of another. */
  #forms: readonly string[] = []

  constructor(onForm: (form: string) => void = () => {}) {
    this.#onForm = onForm
  }

  /** To be called before the secret is used. One that is empty or very short is left out. */
  add(secret: string): void {
    if (secret.length < SHORTEST) return
    const fresh = new Set(
      formsOf(secret).filter(form => form.length >= SHORTEST && !this.#forms.includes(form)),
    )
    for (const form of fresh) this.#onForm(form)
    this.#forms = [...this.#forms, ...fresh].sort((a, b) => b.length - a.length)
  }

  /** A name and a password, which go through HTTP as the base64 of both. */
  addLogin({ username, password }: { readonly username: string; readonly password: string }): void {
    if (password === '') return
    this.add(`${username}:${password}`)
    this.add(password)
  }

  addInputs(inputs: Readonly<Record<'username' | 'password' | 'github-token', string>>): void {
    this.addLogin(inputs)
    this.add(inputs['github-token'])
  }

  /** The text with every secret in it, and every Authorization header that it quotes, replaced by `***`. */
  mask(text: string): string {
    return cutAuthorization(this.#forms.reduce((masked, form) => masked.replaceAll(form, MASK), text))
  }

  /** An error like this one, and like what caused it, with its texts masked. */
  maskError(error: unknown): unknown {
    if (typeof error === 'string') return this.mask(error)
    if (!(error instanceof Error)) return error
    const masked = Object.create(Object.getPrototypeOf(error))
    for (const name of Object.getOwnPropertyNames(error))
      masked[name] = this.maskError(Reflect.get(error, name))
    return masked
  }
}
