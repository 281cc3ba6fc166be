import { ReleaseError } from './errors.ts'

/** What to say to whoever stopped a run. */
interface Words {
  /** What it may mean, as the end of a sentence. */
  readonly meaning: string
  readonly remedy: string
}

/** In a job, where people press Cancel. */
const ofJob: Words = {
  meaning: ': somebody cancelled the job, or the runner is shutting down',
  remedy: 'What was published by then stays. Run the job again: it resumes where this one stopped.',
}

/** The end of a run that was asked to stop. */
export class InterruptedError extends ReleaseError {
  readonly by: NodeJS.Signals

  constructor(by: NodeJS.Signals, { meaning, remedy }: Words = ofJob) {
    super('interrupted', { what: `The run was interrupted by ${by}${meaning}.`, remedy })
    this.by = by
  }
}

/**
 * Aborts with an `InterruptedError` when the process is asked to stop: by the runner when a job is cancelled,
 * or by Ctrl-C. What is under way then stops and cleans up after itself.
 */
export const interruption = (process: Pick<NodeJS.Process, 'on'>, words: Words = ofJob): AbortSignal => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort(new InterruptedError(name, words))
    })
  }
  return controller.signal
}
