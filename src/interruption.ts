import { ReleaseError } from './errors.ts'

/**
 * Aborts when the process is asked to stop: by the runner when a job is cancelled, or by Ctrl-C. What is
 * under way then stops and cleans up after itself.
 */
export const interruption = (process: Pick<NodeJS.Process, 'on'>): AbortSignal => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort(
        new ReleaseError('interrupted', {
          what: `The run was interrupted by ${name}.`,
          wayOut: 'Run the job again: it goes on where this one stopped.',
        }),
      )
    })
  }
  return controller.signal
}
