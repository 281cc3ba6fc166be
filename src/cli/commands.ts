import type { Command } from './command.ts'
import { explain } from './commands/explain.ts'
import { plan } from './commands/plan.ts'

/** The commands, in the order of the help. */
export const commands: readonly Command[] = [plan, explain]
