import { plan } from './plan.ts'
import type { Request } from './request.ts'
import type { Result } from './result.ts'
import type { Run, ServiceOptions } from './run.ts'

/** Carries out a request. */
export const execute = async (request: Request, run: Run, options: ServiceOptions): Promise<Result> => {
  if (request.command === 'plan') return plan(request, run)
  // What asks a registry takes as long to load as a plan takes: a plan is made without it.
  const { executeWithServices } = await import(/* webpackMode: "eager" */ './services.ts')
  return executeWithServices(request, run, options)
}
