/**
 * Turns Ctrl-C and its like into an abort, so that the demo takes down what it has put up. A second one ends it at
 * once, as do signals that nothing can catch; then the keepers of the sandbox clean up.
 */
export const interruption = () => {
  const controller = new AbortController()
  let name: NodeJS.Signals | undefined
  const stop = (received: NodeJS.Signals): void => {
    name = received
    for (const other of names) process.removeListener(other, stop)
    console.error(`\n${received}: taking everything down …`)
    controller.abort(new Error(`interrupted by ${received}`))
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const each of names) process.on(each, stop)
  return {
    signal: controller.signal,
    /** Ends this process by the signal that it got, so that a shell sees what happened. Does not return. */
    interrupted: async (): Promise<never> => {
      if (name !== undefined) process.kill(process.pid, name)
      return new Promise(() => {})
    },
  }
}
