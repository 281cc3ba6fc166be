import type { InputName } from '../action-yml.ts'
import type { Mistakes } from './mistakes.ts'
import { type InputTexts, textsOf } from './texts.ts'

/** Tokens of GitHub, GitLab, Docker Hub, npm, Slack, Vault, AWS; JWTs; private keys. */
const TOKEN =
  /(?<![A-Za-z0-9])(?:gh[opsur]_\w{4}|github_pat_\w{4}|gl(?:pat|dt)-[\w-]{4}|dckr_[op]at_\w{4}|npm_\w{30}|xox[a-z]-\w{4}|hv[sb]\.[\w-]{20}|A[KS]IA[0-9A-Z]{12}|eyJ[\w-]{10})|-----BEGIN [A-Z ]*PRIVATE KEY/

/** `user:password@host`, but not `name:tag@sha256:…`. */
const ACCOUNT = /(?:^|[/\\\s,])[^\s/@:,=]*:[^\s/@]{1,256}@(?!sha(?:256|512):)/

const NEVER_SHOWN: readonly InputName[] = ['password', 'github-token', 'build-args']

/** Empties texts that seem to hold a password or a token; each is a mistake. */
export function withoutSecrets(texts: InputTexts, mistakes: Mistakes): InputTexts {
  return textsOf(name => {
    const text = texts[name]
    if (NEVER_SHOWN.includes(name) || !(TOKEN.test(text) || ACCOUNT.test(text))) return text
    const remedy = 'Use username and password; for a secret of the build, --secret=… in build-options.'
    mistakes.add(name, `${name} seems to hold a password or a token, and is not shown.`, remedy)
    return ''
  })
}
