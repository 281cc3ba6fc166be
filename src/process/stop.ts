import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf, isRunning, type RunningProcess } from './descendants.ts'

/** What is needed of a process that Node has started. Source: Node.js, child_process, "Class: ChildProcess". */
export interface StartedProcess {
  readonly pid?: number | undefined
  readonly exitCode: number | null
  readonly signalCode: NodeJS.Signals | null
  readonly stdin: (NodeJS.WritableStream & Destroyable) | null
  readonly stdout: Destroyable | null
  readonly stderr: Destroyable | null
  kill(signal: NodeJS.Signals): boolean
}

interface Destroyable {
  destroy(): void
}

/**
 * How long a program that was asked to stop may take, in milliseconds, before it and its descendants are killed. GitHub's
 * runner itself waits 7.5 s after SIGINT and 2.5 s after SIGTERM.
 */
export const TIME_TO_STOP = 4_000

/** How often it is looked whether the processes have ended, in milliseconds. */
const INTERVAL = 20

const kill = ({ pid }: RunningProcess): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

const hasEnded = ({ exitCode, signalCode }: StartedProcess): boolean =>
  exitCode !== null || signalCode !== null

/**
 * Asks a program to stop (SIGTERM), and waits until it and what it has started have ended. What has not after
 * `TIME_TO_STOP` is killed. The descendants are collected before, as nothing leads to them once the program has ended
 * (docker's plug-ins survive docker), and again all the while, as it may start more.
 */
export const stop = async (child: StartedProcess): Promise<void> => {
  const { pid } = child
  if (pid === undefined || hasEnded(child)) return
  let descendants: readonly RunningProcess[] = []
  const collect = (): void => {
    const parents = [...(hasEnded(child) ? [] : [pid]), ...descendants.map(each => each.pid)]
    const found = [...descendants, ...descendantsOf(parents)].filter(isRunning)
    descendants = [...new Map(found.map(each => [each.pid, each])).values()]
  }
  collect()
  child.kill('SIGTERM')
  const deadline = performance.now() + TIME_TO_STOP
  for (;;) {
    collect()
    if (hasEnded(child) && descendants.length === 0) return
    if (performance.now() >= deadline) break
    await sleep(INTERVAL)
  }
  child.kill('SIGKILL')
  for (const each of descendants) kill(each)
  // A process that was started in the meantime may have them still.
  child.stdout?.destroy()
  child.stderr?.destroy()
}
