import type { InputName } from '../contract.ts'
import type { Command } from './command.ts'
import { GITHUB_VARIABLES, PASSWORD_VARIABLE } from './credentials.ts'
import { loginFlags } from './options.ts'

/** The arguments of docker.sh, in its order. */
const IMAGE: readonly InputName[] = ['service', 'tag', 'registry', 'project']

/** The project that docker.sh has where none is given; the commands that it does not have must be given theirs. */
export const DEFAULTS = { project: 'cmsweb' } as const

/** What every command has in common that asks the registry. */
export const registryCommand = {
  positionals: IMAGE,
  flags: loginFlags,
  environment: { [PASSWORD_VARIABLE]: 'The password of the account, if it is not piped in.' },
  json: "The result as one JSON object, as the action's output json has it.",
} satisfies Partial<Command>

/** What every command has in common that may ask GitHub: for the commit of the git tag, or for its checks. */
export const githubCommand = {
  ...registryCommand,
  environment: { ...registryCommand.environment, ...GITHUB_VARIABLES },
} satisfies Partial<Command>
