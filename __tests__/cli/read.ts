import type { Arguments } from '../../src/cli/arguments.ts'
import { commands } from '../../src/cli/commands.ts'
import { programOf } from '../../src/cli/program.ts'

/** What the command line reads of its arguments, without running a command. Throws what commander refuses. */
export const readCall = (args: readonly string[]): Arguments & { readonly command: string } => {
  let called: (Arguments & { command: string }) | undefined
  const act = (command: { readonly name: string }, given: Arguments): void => {
    called = { command: command.name, ...given }
  }
  programOf(commands, act, { writeOut: () => {}, writeErr: () => {} }).parse(args, { from: 'user' })
  if (called === undefined) throw new Error('no command is called')
  return called
}
