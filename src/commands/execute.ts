import { plan } from './plan.ts'
import type { Request } from './request.ts'
import type { CommandResult } from './result.ts'
import type { CommandOptions, Run } from './tools.ts'

/** Carries out a request. */
export const execute = async (
  request: Request,
  run: Run,
  options: CommandOptions,
): Promise<CommandResult> => {
  if (request.command === 'plan') return plan(request, run)
  const { dispatch } = await options.loadCommands()
  const { withTemporary, loadGitHub, userAgent } = options
  return withTemporary(temporary => dispatch(request, run, { temporary, loadGitHub, userAgent }))
}
