import { ReleaseError } from './errors.ts'
import { oneLine } from './text.ts'

const MASK = '***'

/** What is shorter is in too many words: masking it would make a log unreadable and protect nothing. In characters. */
const SHORTEST = 4

// Whether base64 is padded depends on who writes it.
const base64Of = (secret: string): string[] => [
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
]

/**
 * The forms in which a text may be sent, and so come back: as it is, in JSON, in an address, in a form, in base64; and as
 * it is shown.
 */
const formsOf = (secret: string): string[] => [
  secret,
  oneLine(secret),
  ...secret.split(/\r?\n/),
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  new URLSearchParams([['', secret]]).toString().slice(1),
  ...base64Of(secret),
]

/** What words have not that may follow "Basic" or "Bearer" in a sentence or a path, or are the name of a challenge's parameter. */
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
/** A value that looks like credentials, after the name of the header or of a scheme. */
const VALUE = new RegExp(
  `(${NAME}|\\b(?:basic|bearer)${SPACE}+)((?:${ENCODED}|[A-Za-z0-9._~+/-]){6,}=*)`,
  'gi',
)
const ENCODINGS = new RegExp(ENCODED, 'gi')

/**
 * Cuts the credentials out of Authorization headers that a text quotes, and leaves sentences about authorization alone.
 * For what somebody else says, who may have been sent such a header.
 */
export const cutAuthorization = (text: string): string =>
  text
    .replace(HEADER, `$1${MASK}`)
    .replace(VALUE, (whole: string, before: string, value: string) =>
      IN_NO_WORD.test(value.replace(ENCODINGS, '/')) ? `${before}${MASK}` : whole,
    )

/** The credentials that a run uses, so that none of them is shown, whoever sends it back. */
export class Secrets {
  readonly #onForm: (form: string) => void
  /** The longest first: one may be a part of another. */
  #forms: readonly string[] = []

  /** `onForm` is told of everything that is to be masked, when it becomes known. */
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

  /** What the inputs of a run have of them. */
  addInputs(inputs: {
    readonly username: string
    readonly password: string
    readonly 'github-token': string
  }): void {
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
    const { message, stack, cause } = error
    const masked = {
      message: this.mask(message),
      stack: stack === undefined ? undefined : this.mask(stack),
      ...(cause === undefined ? {} : { cause: this.maskError(cause) }),
      ...(error instanceof ReleaseError
        ? { what: this.mask(error.what), remedy: this.mask(error.remedy) }
        : {}),
    }
    // Its class stays, and what else is known of it, such as a result.
    return Object.assign(Object.create(Object.getPrototypeOf(error)), error, masked)
  }
}
