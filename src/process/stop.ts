import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long what was asked to stop may take, in milliseconds, before it is killed. GitHub's runner itself waits 7.5 s after
 * SIGINT and 2.5 s after SIGTERM.
 */
export const TIME_TO_STOP = 4_000

/** How often it is looked whether the processes have ended, in milliseconds. */
const INTERVAL = 20

/**
 * Asks the programs that this process has started to stop (SIGTERM), and waits until `hasEnded`, and what they have started
 * has ended, too; what has not after `TIME_TO_STOP` is killed. Found in /proc, and again all the while: a program may start
 * more, and nothing leads to its own (docker's plug-ins survive docker) once it has ended.
 */
export async function stopDescendants(hasEnded: () => boolean): Promise<void> {
  const found = new Map<number, RunningProcess>()
  const asked = new Set<number>()
  const deadline = performance.now() + TIME_TO_STOP
  while (performance.now() < deadline) {
    for (const each of descendantsOf([process.pid, ...found.keys()])) found.set(each.pid, each)
    for (const each of found.values()) if (!isRunning(each)) found.delete(each.pid)
    if (found.size === 0 && hasEnded()) return
    for (const { pid, parent } of found.values()) {
      if (parent === process.pid && !asked.has(pid)) kill(pid, 'SIGTERM')
      asked.add(pid)
    }
    await sleep(INTERVAL)
  }
  for (const { pid } of found.values()) kill(pid, 'SIGKILL')
}

/** A process that runs now. Its number alone may be another's later; with the time of its start it is unique. */
interface RunningProcess {
  readonly pid: number
  readonly parent: number
  /** In clock ticks after the start of the machine. */
  readonly started: string
}

/** The processes that some processes started, and those that they started. */
function descendantsOf(parents: readonly number[]): RunningProcess[] {
  const all = readdirSync('/proc').flatMap(name =>
    /^[0-9]+$/.test(name) ? (statusOf(Number(name)) ?? []) : [],
  )
  const found = (parent: number): RunningProcess[] =>
    all.filter(each => each.parent === parent).flatMap(child => [child, ...found(child.pid)])
  return parents.flatMap(found)
}

function isRunning({ pid, started }: RunningProcess): boolean {
  return statusOf(pid)?.started === started
}

/**
 * A process, or nothing if it has ended. Its name stands in parentheses and may contain any character, so that the fields are
 * counted from the last one. Source: proc_pid_stat(5).
 */
function statusOf(pid: number): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, parent] = fields
    const started = fields[19]
    return state === 'Z' || started === undefined ? undefined : { pid, parent: Number(parent), started }
  } catch {
    return undefined
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}
