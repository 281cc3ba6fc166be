import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long what was asked to stop may take, in milliseconds, before it is killed. GitHub's runner itself waits 7.5 s after
 * SIGINT and 2.5 s after SIGTERM.
 */
export const TIME_TO_STOP = 4_000

/**
 * Asks the programs that this process has started to stop (SIGTERM), and waits until `program` and all that they have started
 * has ended; what has not after `TIME_TO_STOP` is killed. It is looked for all the while: a program may start more, and
 * nothing leads from an ended one to what it has started (docker's plug-ins survive docker).
 */
export async function stopDescendants(program: Promise<unknown>): Promise<void> {
  const ended = program.catch(() => {}).then(() => true)
  const found = new Map<number, RunningProcess>()
  const deadline = performance.now() + TIME_TO_STOP
  while (performance.now() < deadline) {
    const all = runningProcesses()
    const isOurs = (each?: RunningProcess): boolean =>
      each !== undefined &&
      (each.parent === process.pid || found.has(each.parent) || isOurs(all.get(each.parent)))
    for (const [pid, { started }] of found) if (all.get(pid)?.started !== started) found.delete(pid)
    for (const [pid, each] of all) {
      if (found.has(pid) || !isOurs(each)) continue
      found.set(pid, each)
      if (each.parent === process.pid) kill(pid, 'SIGTERM')
    }
    if (found.size === 0 && (await Promise.race([ended, sleep(20, false)]))) return
    await sleep(20)
  }
  for (const pid of found.keys()) kill(pid, 'SIGKILL')
}

/** A process that runs now. Its number alone may be another's later; with the time of its start it is unique. */
interface RunningProcess {
  readonly parent: number
  /** In clock ticks after the start of the machine. */
  readonly started: string | undefined
}

/** All processes by their numbers. Only Linux lists them; elsewhere a program is left to Ctrl-C, which reaches it, too. */
function runningProcesses(): ReadonlyMap<number, RunningProcess> {
  const all = new Map<number, RunningProcess>()
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    if (!/^[0-9]+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The name may have any character: fields are counted from the parenthesis behind it. Source: proc_pid_stat(5).
      const [state, parent, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z') all.set(Number(name), { parent: Number(parent), started: others[17] })
    } catch {
      // It has just ended.
    }
  }
  return all
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}
