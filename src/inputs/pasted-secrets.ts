import type { InputName } from '../contract.ts'
import type { Mistakes } from './mistakes.ts'
import { type InputTexts, inputNames } from './texts.ts'

/** How tokens of well-known services begin: GitHub, GitLab, Docker Hub, npm, Slack, AWS; JWTs, and private keys. */
const TOKEN =
  /(?<![A-Za-z0-9])(?:gh[opsur]_\w{4}|github_pat_\w{4}|glpat-[\w-]{4}|dckr_[op]at_\w{4}|npm_\w{30}|xox[a-z]-\w{4}|A[KS]IA[0-9A-Z]{12}|eyJ[\w-]{10})|-----BEGIN [A-Z ]*PRIVATE KEY/

/** An account with a password before a host: `user:password@`. The "@" of a digest ends none. */
const ACCOUNT = /(?:^|[/\s=,"'])[^\s/@:=,"']{1,256}:[^\s/@]{1,256}@(?!sha(?:256|512):)/

/** Inputs that are secrets, or may hold them: they are never shown. */
const NEVER_SHOWN: readonly InputName[] = ['password', 'github-token', 'build-args']

/** Whether a text looks as if it held a password or a token, so that it must not be shown. */
export function holdsSecret(text: string): boolean {
  return TOKEN.test(text) || ACCOUNT.test(text)
}

/** The texts without those that seem to hold a password or a token: each is a mistake, and nothing shows it after that. */
export function withoutSecrets(texts: InputTexts, mistakes: Mistakes): InputTexts {
  const holding = inputNames.filter(name => !NEVER_SHOWN.includes(name) && holdsSecret(texts[name]))
  for (const name of holding) {
    mistakes.add(
      name,
      `${name} seems to have a password or a token in it, and is not shown.`,
      'Others would see it. Leave it out; the account goes into username and password, a secret of the build into build-options as --secret=id=…,env=….',
    )
  }
  return { ...texts, ...Object.fromEntries(holding.map(name => [name, ''])) }
}
