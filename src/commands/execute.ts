import { plan } from './plan.ts'
import type { Request } from './request.ts'
import type { CommandResult } from './result.ts'
import type { Run, ServiceOptions } from './tools.ts'

/** Carries out a request. */
export const execute = async (
  request: Request,
  run: Run,
  options: ServiceOptions,
): Promise<CommandResult> => {
  if (request.command === 'plan') return plan(request, run)
  const { executeWithServices } = await options.loadServices()
  const { withTemporary, loadGitHub, userAgent } = options
  return withTemporary(temporary => executeWithServices(request, run, { temporary, loadGitHub, userAgent }))
}
