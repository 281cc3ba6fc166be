import { oneLine } from '../text.ts'
import { type Caller, capitalized } from './caller.ts'
import type { Mistake } from './validated.ts'

/** Inputs that are addresses, or that somebody may write as one. */
type Address = 'registry' | 'project' | 'service' | 'context' | 'package-index'

/** Stands for a secret where an address is shown. */
const HIDDEN = '***'

/** What comes after the "@" of an image by its digest: what comes before that is no account. */
const DIGEST = /^sha(?:256|512):/

/**
 * The account before the host. A password may hold "@", and even "/" if it was not escaped; but what looks like a host
 * with its port ends the search.
 */
const accountIn = (rest: string): string | undefined => {
  const [authority = ''] = rest.split(/[/?#]/, 1)
  const until = (text: string): string | undefined =>
    text.includes('@') ? text.slice(0, text.lastIndexOf('@')) : undefined
  return until(authority) ?? (/^[^:]*(?::[0-9]{1,5})?$/.test(authority) ? undefined : until(rest))
}

/** Whether git takes it for an account that has no password: `git@host:path`, or an address of ssh with a name alone. */
const isName = (account: string, scheme: string, rest: string): boolean =>
  scheme === '' ? /^[^:@/?#]+@/.test(rest) : /^(?:ssh|git):/i.test(scheme) && !account.includes(':')

const withoutAccount = (text: string, mayBeName: boolean): string => {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? []
  const account = accountIn(rest)
  if (account === undefined || DIGEST.test(rest.slice(account.length + 1))) return text
  if (mayBeName && isName(account, scheme, rest)) return text
  return `${scheme}${HIDDEN}${rest.slice(account.length)}`
}

/** Parameters of an address whose values are secrets, such as `?token=…` and `&X-Amz-Signature=…`. */
const SECRET_PARAMETER =
  /([?&;#][^=&;#?\s]*(?:token|secret|passw|pwd|auth|key|sig|credential|jwt)[^=&;#?\s]*=)[^&;#\s]+/gi

/**
 * A text as it may be shown: `***` stands for the passwords and tokens of an address. A name before "@" may be a token
 * as well, where it is not that of git's account.
 */
export const withoutSecrets = (text: string, mayBeName = true): string =>
  withoutAccount(text, mayBeName).replace(SECRET_PARAMETER, `$1${HIDDEN}`)

const remedyFor = (input: Address, { spell, login }: Caller): string => {
  switch (input) {
    case 'context':
      return 'It would be seen in the list of processes. Leave it out, and give docker the token with build-options: --secret=id=GIT_AUTH_TOKEN,env=….'
    case 'package-index':
      return `It would be seen by others. Leave it out; if the index asks for a password, leave ${spell('package')} empty.`
    default:
      return `It would be seen by others. Leave it out, and give the account with ${login}.`
  }
}

/** The mistake of an address that has a password or a token in it; the secret is not repeated. */
export const secretIn = (input: Address, given: string, caller: Caller): Mistake | undefined => {
  const shown = withoutSecrets(given, input === 'context')
  if (shown === given) return undefined
  return {
    name: 'invalid-input',
    inputs: [input],
    what: `${capitalized(caller.spell(input))} has a password or a token in its address, at ${oneLine(shown)}.`,
    remedy: remedyFor(input, caller),
  }
}
