/** What ends one attempt: its time is over, or the run is. */
export interface Attempt extends Disposable {
  readonly signal: AbortSignal
  /** Whether it was ended because its time was over. */
  readonly isOverdue: boolean
}

/**
 * Begins an attempt that may take so many milliseconds. To be disposed of when it has ended: AbortSignal.any() and
 * AbortSignal.timeout() would be kept until the time is over, with all that the attempt had, of thousands of attempts.
 */
export const beginAttempt = (run: AbortSignal, milliseconds: number): Attempt => {
  const controller = new AbortController()
  let isOverdue = false
  const timer = setTimeout(() => {
    isOverdue = true
    controller.abort()
  }, milliseconds)
  const end = (): void => controller.abort(run.reason)
  if (run.aborted) end()
  run.addEventListener('abort', end)
  return {
    signal: controller.signal,
    get isOverdue() {
      return isOverdue
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      run.removeEventListener('abort', end)
    },
  }
}
