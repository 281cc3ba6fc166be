import type { InputName } from '../contract.ts'
import type { Caller } from '../inputs/caller.ts'
import type { Log } from '../log.ts'
import type { Colours } from '../report/terminal-colours.ts'
import type { Secrets } from '../secrets.ts'
import type { Arguments } from './arguments.ts'
import type { StandardOutput } from './stdout.ts'

/** An input of the action that is an option of a command, with the same meaning. */
export interface InputOption {
  readonly input: InputName
  /** What stands for its value in the help, such as `path`. */
  readonly value: string
  /** What it means here; without it, the first sentence of action.yml says that. */
  readonly means?: string
  /** Whether the input has lines: then the option may be repeated, one line each. */
  readonly lines?: boolean
}

/** An option without a value. */
export interface Flag {
  readonly name: string
  readonly means: string
}

/** A command of the command line: what it takes, what the help says of it, and what it does. */
export interface Command {
  readonly name: string
  /** One sentence without its full stop. */
  readonly summary: string
  /** More sentences for the command's own help. */
  readonly details?: string
  /** The arguments in their order, each an input of the action. */
  readonly positionals: readonly InputName[]
  /** What stands for an argument that is left out; one that is not here must be given. */
  readonly defaults?: Readonly<Partial<Record<InputName, string>>>
  readonly options: readonly InputOption[]
  /** Its options without a value, beside those that every command has. */
  readonly flags?: readonly Flag[]
  /** The environment variables that it reads, with what they mean. */
  readonly environment?: Readonly<Record<string, string>>
  /** What `--json` prints. */
  readonly json: string
  /** Complete lines for a shell, each with what it shows. */
  readonly examples: readonly { readonly line: string; readonly shows: string }[]
  readonly run: (call: Call) => void | Promise<void>
}

/** A command as somebody called it, and what it works with. */
export interface Call extends Arguments {
  readonly json: boolean
  readonly caller: Caller
  /** The directory that relative paths start from. */
  readonly directory: string
  readonly env: NodeJS.ProcessEnv
  /** Gives a signal that aborts when the program is asked to stop; until it is asked for, that ends it at once. */
  readonly interruption: () => AbortSignal
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }
  /** Results, on standard output. */
  readonly output: StandardOutput
  /** Everything else, on standard error. */
  readonly log: Log
  /** Is told of every credential that is used. */
  readonly secrets: Secrets
  readonly colours: Colours
}
