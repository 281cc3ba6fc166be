import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Prefer a small heap to speed; have a function that collects garbage. Not every flag may be set in a process that runs. */
const FLAGS = ['--optimize-for-size', '--expose-gc']

/** After how many tasks garbage is collected. */
const INTERVAL = 64

/** Collects the garbage of thousands of small tasks. */
export interface GarbageCollector {
  /** To be called after each task: collects now and then. */
  readonly afterTask: () => void
  /** Collects all, before something else begins. */
  readonly collect: () => void
}

/**
 * Keeps the memory small, from now on, of what waits most of the time. Left alone, the engine of JavaScript collects garbage
 * when it has grown to 50 MB.
 *
 * Source: Node.js documentation, "v8.setFlagsFromString(flags)"; V8's `gc` of --expose-gc.
 */
export const garbageCollector = (): GarbageCollector => {
  for (const flag of FLAGS) setFlagsFromString(flag)
  const gc: unknown = runInNewContext('gc')
  const collect = (options: { readonly type: 'minor' | 'major' }): void => {
    if (typeof gc === 'function') gc(options)
  }
  let tasks = 0
  return {
    afterTask: () => {
      tasks += 1
      if (tasks % INTERVAL === 0) collect({ type: 'minor' })
    },
    collect: () => collect({ type: 'major' }),
  }
}
