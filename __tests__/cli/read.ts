import { type Call, programOf } from '../../src/cli/program.ts'

/** What the command line reads of its arguments, without running a command. Throws what commander refuses. */
export const readCall = (args: readonly string[]): Call => {
  let called: Call | undefined
  const program = programOf(async call => {
    called = call
  })
  program.parse(args, { from: 'user' })
  if (called === undefined) throw new Error('no command is called')
  return called
}
