import { text } from 'node:stream/consumers'
import { ReleaseError } from '../errors.ts'
import type { InputTexts } from '../inputs/texts.ts'
import type { Call } from './program.ts'

/** The variable for the password of the account. It is no argument: those are seen in the list of processes. */
const PASSWORD = 'STABLE_RELEASE_PASSWORD'

/** The texts of a call with the secrets that come by other ways: the password, piped in or in the environment, and the token. */
export async function withSecrets(
  { texts, passwordStdin }: Call,
  { env, stdin }: Pick<NodeJS.Process, 'env' | 'stdin'>,
): Promise<InputTexts> {
  if (passwordStdin && stdin.isTTY)
    throw new ReleaseError('invalid-input', {
      what: 'Standard input is a terminal, which would show the password.',
      remedy: `Pipe the password in, or set ${PASSWORD}.`,
    })
  // Without the end of its line, as docker login reads it.
  const password = passwordStdin ? (await text(stdin)).replace(/\r?\n$/, '') : (env[PASSWORD] ?? '')
  return { ...texts, password, 'github-token': env.GITHUB_TOKEN ?? '' }
}

/** The environment for programs that are started: they get the password in other ways. */
export function withoutPassword({ [PASSWORD]: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env
}
