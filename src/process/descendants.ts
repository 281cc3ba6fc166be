import { readdirSync, readFileSync } from 'node:fs'

/** A process that runs now. Its number alone may be another's later; with the time of its start it is unique. */
export interface RunningProcess {
  readonly pid: number
  /** In clock ticks after the start of the machine. */
  readonly started: string
}

/**
 * The parent and the start of a process, or nothing if it has ended. Its name stands in parentheses and may contain
 * any character, so that the fields are counted from the last one. Source: proc_pid_stat(5).
 */
const statusOf = (pid: number): { readonly parent: number; readonly started: string } | undefined => {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  const [state, parent, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const started = others[17]
  if (state === undefined || state === 'Z' || started === undefined) return undefined
  return { parent: Number(parent), started }
}

const pids = (): number[] => {
  try {
    return readdirSync('/proc')
      .filter(name => /^[0-9]+$/.test(name))
      .map(Number)
  } catch {
    // Only Linux has it; elsewhere the program alone is stopped.
    return []
  }
}

/** The processes that some processes started, and those that they started. Empty where there is no /proc. */
export const descendantsOf = (parents: readonly number[]): RunningProcess[] => {
  const all = pids().flatMap(each => {
    const status = statusOf(each)
    return status === undefined ? [] : [{ pid: each, ...status }]
  })
  const found = (parent: number): RunningProcess[] =>
    all
      .filter(each => each.parent === parent)
      .flatMap(child => [{ pid: child.pid, started: child.started }, ...found(child.pid)])
  return parents.flatMap(found)
}

/** Whether it is still this process that runs, and not another with its number. */
export const isRunning = ({ pid, started }: RunningProcess): boolean => statusOf(pid)?.started === started
