import { text } from 'node:stream/consumers'
import { ReleaseError } from '../errors.ts'
import type { InputTexts } from '../inputs/texts.ts'
import type { Call } from './program.ts'

/** No argument has the password: every user of the machine can list those. */
const PASSWORD = 'STABLE_RELEASE_PASSWORD'

/** The inputs of a call with the password, from standard input or the environment, and the token of GitHub. */
export async function withSecrets(
  { texts, passwordStdin }: Call,
  { env, stdin }: Pick<NodeJS.Process, 'env' | 'stdin'>,
): Promise<InputTexts> {
  if (passwordStdin && stdin.isTTY)
    throw new ReleaseError('invalid-input', {
      what: 'Standard input is a terminal, which would show the password.',
      remedy: `Pipe the password in, or set ${PASSWORD}.`,
    })
  // Without the line end, as docker login reads it.
  const password = passwordStdin ? (await text(stdin)).replace(/\r?\n$/, '') : (env[PASSWORD] ?? '')
  return { ...texts, password, 'github-token': env.GITHUB_TOKEN ?? '' }
}

export function withoutPassword({ [PASSWORD]: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env
}
