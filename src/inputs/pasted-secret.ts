import type { InputName } from '../contract.ts'
import { type Caller, capitalized } from './caller.ts'
import { numberedLinesOf } from './lines.ts'
import { type InputTexts, inputNames } from './texts.ts'
import { invalidInput, type Mistake } from './validated.ts'

/** How tokens of well-known services begin: GitHub, GitLab, Docker Hub, npm, Slack, Vault, AWS; JWTs, and private keys. */
const TOKEN =
  /(?<![A-Za-z0-9])(?:gh[opsur]_\w{4}|github_pat_\w{4}|gl(?:pat|dt)-[\w-]{4}|dckr_[op]at_\w{4}|npm_\w{30}|xox[a-z]-\w{4}|hv[sb]\.[\w-]{20}|A[KS]IA[0-9A-Z]{12}|eyJ[\w-]{10})|-----BEGIN [A-Z ]*PRIVATE KEY/

/** Parameters of an address whose values are secrets, such as `?token=…` and `&X-Amz-Signature=…`. */
const SECRET_PARAMETER =
  /[?&;#](?=[^=&;#?\s]*=[^&;#\s])[^=&;#?\s]*(?:token|secret|passw|pwd|auth|code|key|sig|credential|jwt)/i

/** The end of an image that is named by its digest: its "@" ends no account. */
const DIGEST = /@sha(?:256|512):[^@]*$/

/**
 * The account before the host. A password may hold "@", and even "/" if it was not escaped; but what looks like a host
 * with its port ends the search.
 */
const accountIn = (rest: string): string | undefined => {
  const [authority = ''] = rest.split(/[/?#\\]/, 1)
  const until = (text: string): string | undefined =>
    text.includes('@') ? text.slice(0, text.lastIndexOf('@')) : undefined
  return until(authority) ?? (/^[^:]*(?::[0-9]{1,5})?$/.test(authority) ? undefined : until(rest))
}

/** Whether it is an account without a password: `git@host:path`, or an address of ssh with a name alone. */
const isName = (account: string, scheme: string, rest: string): boolean =>
  scheme === '' ? /^[^:@/?#]+@/.test(rest) : /^(?:git\+)?ssh:/i.test(scheme) && !account.includes(':')

/** Whether an address has an account with a password, or one that may be a token. */
const hasAccount = (address: string, mayBeName: boolean): boolean => {
  const [, scheme = '', rest = ''] =
    /^((?:[a-z][a-z0-9+.-]*:(?=[/\\]))?[/\\]*)(.*)$/is.exec(address.replace(DIGEST, '')) ?? []
  const account = accountIn(rest)
  if (account === undefined || account === '') return false
  return !(mayBeName && isName(account, scheme, rest))
}

/** Addresses with a scheme, wherever they stand in a text. */
const ADDRESS = /(?<![a-z0-9+.-])[0-9+.-]*([a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+)/gi

/** What every text has of these that holds a secret: to look for it costs less than the patterns, which most texts need not. */
const SIGNS = [
  '@',
  '?',
  '&',
  ';',
  '#',
  '_',
  'eyJ',
  'AKIA',
  'ASIA',
  'glpat-',
  'gldt-',
  'xox',
  'hvs.',
  'hvb.',
  '-----',
]

const hasSign = (text: string): boolean => SIGNS.some(sign => text.includes(sign))

/** Whether something in a text looks like a password or a token: there, only an address with a scheme may have an account. */
const textHoldsSecret = (text: string): boolean =>
  TOKEN.test(text) ||
  SECRET_PARAMETER.test(text) ||
  Array.from(text.matchAll(ADDRESS), ([, address = '']) => address).some(address => hasAccount(address, true))

/**
 * Whether a text looks as if it held a password or a token, so that it must not be shown. One without white space may be
 * an address, in whichever form.
 */
export const holdsSecret = (text: string): boolean =>
  textHoldsSecret(text) || (!/\s/.test(text) && hasAccount(text, true))

/** Inputs that name a place. In them, a name before "@" may be a token as well. */
const PLACES: readonly InputName[] = ['registry', 'project', 'service', 'package-index']

/** Inputs of text, in which ":" and "@" mean nothing. */
const LISTS: readonly InputName[] = ['build-options', 'labels', 'require-checks', 'username']

/** Inputs whose values are secrets, or may be: they are never shown. */
const SECRETS: readonly InputName[] = ['password', 'github-token', 'build-args']

/** What is named in an input that may name several. */
const namesIn = (input: InputName, text: string): string[] =>
  input === 'service' ? text.split(/[\n,]/).map(name => name.trim()) : [text]

const inputHoldsSecret = (input: InputName, text: string): boolean => {
  if (!hasSign(text)) return false
  if (LISTS.includes(input)) return textHoldsSecret(text)
  return (
    holdsSecret(text) ||
    (PLACES.includes(input) && namesIn(input, text).some(name => hasAccount(name, false)))
  )
}

const remedyFor = (input: InputName, { spell, login }: Caller): string => {
  switch (input) {
    case 'context':
      return `It would be seen in the list of processes. Leave it out, and give docker the token with ${spell('build-options')}: --secret=id=GIT_AUTH_TOKEN,env=….`
    case 'build-options':
      return 'It would be seen in the list of processes. Leave it out, and give docker the secret with --secret=id=…,env=….'
    case 'package-index':
      return `It would be seen by others. Leave it out; if the index asks for a password, leave ${spell('package')} empty.`
    case 'registry':
    case 'project':
    case 'service':
    case 'username':
      return `It would be seen by others. Leave it out, and give the account with ${login}.`
    default:
      return 'It would be seen by others. Leave it out.'
  }
}

const mistakesIn = (input: InputName, text: string, caller: Caller): readonly Mistake[] => {
  const lines = LISTS.includes(input) ? numberedLinesOf(text) : [{ number: undefined, line: text }]
  return lines
    .filter(({ line }) => inputHoldsSecret(input, line))
    .map(({ number }) => {
      const where = number === undefined ? '' : `, ${caller.list.nth(number)},`
      return invalidInput(
        [input],
        `${capitalized(caller.spell(input))}${where} seems to have a password or a token in it, and is not shown.`,
        remedyFor(input, caller),
      )
    })
}

/** Texts that may be shown, and the mistakes of those that may not. */
export interface Showable {
  readonly texts: InputTexts
  readonly mistakes: readonly Mistake[]
}

/**
 * Empties every input that looks as if it held a password or a token, so that nothing shows it that comes after. What
 * is then said of an input that is empty follows from the mistake.
 */
export const withoutSecrets = (texts: InputTexts, caller: Caller): Showable => {
  const mistakes = inputNames
    .filter(input => texts[input] !== '' && !SECRETS.includes(input))
    .flatMap(input => mistakesIn(input, texts[input], caller))
  const emptied = Object.fromEntries(mistakes.flatMap(({ inputs = [] }) => inputs.map(input => [input, ''])))
  return { texts: { ...texts, ...emptied }, mistakes }
}
