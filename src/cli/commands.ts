import type { Command } from './command.ts'
import { audit } from './commands/audit.ts'
import { build } from './commands/build.ts'
import { explain } from './commands/explain.ts'
import { plan } from './commands/plan.ts'
import { promote } from './commands/promote.ts'
import { push } from './commands/push.ts'
import { release } from './commands/release.ts'
import { verify } from './commands/verify.ts'

/** The commands, in the order of the help. */
export const commands: readonly Command[] = [release, build, push, promote, verify, audit, plan, explain]
