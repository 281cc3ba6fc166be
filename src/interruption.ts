import { ReleaseError } from './errors.ts'

/** The end of a run that was asked to stop. */
export class InterruptedError extends ReleaseError {
  readonly by: NodeJS.Signals

  constructor(by: NodeJS.Signals) {
    super('interrupted', {
      what: `The run was interrupted by ${by}: somebody cancelled it, or the machine is shutting down.`,
      remedy: 'Run it again: it resumes where this one stopped.',
    })
    this.by = by
  }
}

/** Aborts with an `InterruptedError` when the process is asked to stop: by the runner when a job is cancelled, or by Ctrl-C. */
export function interruption(process: Pick<NodeJS.Process, 'on'>): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(new InterruptedError(name)))
  return controller.signal
}
