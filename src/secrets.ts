import { oneLine } from './text.ts'

const MASK = '***'

/** In characters: what is shorter is in too many words. */
const SHORTEST = 4

const formsOf = (secret: string) => [
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

/** What no word after "Basic" or "Bearer" in a sentence has. */
const IN_NO_WORD = /[0-9]|[A-Za-z][A-Z]|==/

/** A character in JSON, an address or HTML. */
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

/** In quoted Authorization headers; sentences stay. */
export const cutAuthorization = (text: string): string =>
  text
    .replace(HEADER, `$1${MASK}`)
    .replace(VALUE, (whole: string, before: string, value: string) =>
      IN_NO_WORD.test(value.replace(ENCODINGS, '/')) ? `${before}${MASK}` : whole,
    )

/** The credentials of a run. `onForm` is told all that is masked. */
export class Secrets {
  readonly #onForm: (form: string) => void
  /** The longest first: one may be a part of another. */
  #forms: readonly string[] = []

  constructor(onForm: (form: string) => void = () => {}) {
    this.#onForm = onForm
  }

  add(secret: string): void {
    if (secret.length < SHORTEST) return
    const fresh = new Set(
      formsOf(secret).filter(form => form.length >= SHORTEST && !this.#forms.includes(form)),
    )
    for (const form of fresh) this.#onForm(form)
    this.#forms = [...this.#forms, ...fresh].sort((a, b) => b.length - a.length)
  }

  /** HTTP sends the base64 of both. */
  addLogin({ username, password }: { username: string; password: string }): void {
    if (password === '') return
    this.add(`${username}:${password}`)
    this.add(password)
  }

  addInputs(inputs: Readonly<Record<'username' | 'password' | 'github-token', string>>): void {
    this.addLogin(inputs)
    this.add(inputs['github-token'])
  }

  /** Replaces every secret, and every Authorization header that is quoted, by `***`. */
  mask(text: string): string {
    return cutAuthorization(this.#forms.reduce((masked, form) => masked.replaceAll(form, MASK), text))
  }

  maskError(error: unknown): unknown {
    if (typeof error === 'string') return this.mask(error)
    if (!(error instanceof Error)) return error
    const masked = Object.create(Object.getPrototypeOf(error))
    for (const name of Object.getOwnPropertyNames(error))
      masked[name] = this.maskError(Reflect.get(error, name))
    return masked
  }
}
