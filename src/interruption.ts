import { ReleaseError } from './errors.ts'

export class InterruptedError extends ReleaseError {
  readonly by: NodeJS.Signals

  constructor(by: NodeJS.Signals) {
    super('interrupted', {
      what: `The run was interrupted by ${by}: it was cancelled, or the machine is shutting down.`,
      remedy: 'Run it again; a release or a promotion resumes where it stopped.',
    })
    this.by = by
  }
}

export function interruption(process: Pick<NodeJS.Process, 'on'>): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(new InterruptedError(name)))
  return controller.signal
}
