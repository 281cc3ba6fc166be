import type { Mistakes } from '../inputs/mistakes.ts'
import type { InputTexts } from '../inputs/texts.ts'
import type { Call } from './program.ts'

/** The variable for the password of the account. No argument: those are seen in the list of processes. */
export const PASSWORD_VARIABLE = 'STABLE_RELEASE_PASSWORD'

/** The texts of a call with the secrets that come by other ways: the password piped in or in the environment, the token. */
export async function withSecrets(
  { texts, passwordStdin }: Call,
  { env, stdin }: Pick<NodeJS.Process, 'env' | 'stdin'>,
  mistakes: Mistakes,
): Promise<InputTexts> {
  const password = passwordStdin ? await pipedPassword(stdin, mistakes) : (env[PASSWORD_VARIABLE] ?? '')
  return { ...texts, password, 'github-token': env.GITHUB_TOKEN ?? '' }
}

/** A password that is piped in, without the end of its line, as docker login reads it. */
async function pipedPassword(stdin: NodeJS.Process['stdin'], mistakes: Mistakes): Promise<string> {
  if (stdin.isTTY) {
    const remedy = `Pipe the password in, or set ${PASSWORD_VARIABLE}.`
    mistakes.add('password', 'Standard input is a terminal, which would show the password.', remedy)
    return 'unread'
  }
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** The environment for programs that are started: they get the password in other ways. */
export function withoutPassword(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== PASSWORD_VARIABLE))
}
