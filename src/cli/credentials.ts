import { all, invalidInput, map, mistaken, type Validated, valid } from '../inputs/validated.ts'
import type { Call } from './command.ts'

/**
 * The variable for the password of the account. No argument: those are seen in the list of processes.
 */
export const PASSWORD_VARIABLE = 'STABLE_RELEASE_PASSWORD'

/** The variables that lead to the commit of a git tag on GitHub, and to its checks, with what they mean. */
export const GITHUB_VARIABLES = {
  GITHUB_TOKEN: 'The token that reads the commit of the git tag, and its checks.',
  GITHUB_REPOSITORY: 'The repository of the git tag, as owner/name.',
  GITHUB_API_URL: 'The address of the API. Default: https://api.github.com',
} as const

const given = (env: NodeJS.ProcessEnv, variable: string): string | undefined =>
  env[variable] === '' ? undefined : env[variable]

/** The mistake of a login that is not whole. */
const wrongLogin = (what: string, remedy: string): Validated<never> =>
  mistaken(invalidInput(['username', 'password'], what, remedy))

/** A password that is piped in, without the end of its line, as docker login reads it. */
const pipedPassword = async (input: Call['input']): Promise<Validated<string>> => {
  if (input.isTTY) {
    return wrongLogin(
      'Standard input is a terminal, which would show the password.',
      `Pipe the password in, or set ${PASSWORD_VARIABLE}.`,
    )
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of input) chunks.push(chunk)
  const password = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password !== '') return valid(password)
  return wrongLogin('There is no password on standard input.', 'Pipe it in.')
}

/**
 * The password of the account at the registry, from standard input or from the environment; empty without an
 * account. One without the other is a mistake.
 */
export const passwordOf = async ({
  texts: { username },
  flags,
  env,
  input,
}: Pick<Call, 'texts' | 'flags' | 'env' | 'input'>): Promise<Validated<string>> => {
  const piped = flags.has('password-stdin')
  const inEnvironment = given(env, PASSWORD_VARIABLE)
  if (username === '') {
    if (!piped && inEnvironment === undefined) return valid('')
    return wrongLogin(
      `There is a password, from ${piped ? 'standard input' : PASSWORD_VARIABLE}, and no --username.`,
      'Give both, or neither to use the login that docker has.',
    )
  }
  if (piped) return pipedPassword(input)
  if (inEnvironment !== undefined) return valid(inEnvironment)
  return wrongLogin(
    'There is a --username, and no password.',
    `Pipe it in with --password-stdin, or set ${PASSWORD_VARIABLE}; leave --username out to use the login that docker has.`,
  )
}

/** The environment for programs that are started: they get the password in other ways. */
export const withoutPassword = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name !== PASSWORD_VARIABLE))

const need = (env: NodeJS.ProcessEnv, variable: 'GITHUB_TOKEN' | 'GITHUB_REPOSITORY'): Validated<string> => {
  const value = given(env, variable)
  if (value !== undefined) return valid(value)
  const means = GITHUB_VARIABLES[variable]
  return mistaken(
    invalidInput(
      ['require-checks', 'github-token'],
      `--require-checks needs ${variable}, which is not set.`,
      `Set ${variable}: ${means.charAt(0).toLowerCase()}${means.slice(1)}`,
    ),
  )
}

/** The token for GitHub, empty if there is none. Where checks are required, it is needed, and so is the repository. */
export const githubTokenOf = ({ texts, env }: Pick<Call, 'texts' | 'env'>): Validated<string> => {
  if (texts['require-checks'] === '') return valid(given(env, 'GITHUB_TOKEN') ?? '')
  const needed = all({ repository: need(env, 'GITHUB_REPOSITORY'), token: need(env, 'GITHUB_TOKEN') })
  return map(needed, ({ token }) => token)
}
