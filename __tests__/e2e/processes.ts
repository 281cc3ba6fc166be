import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunningProcess {
  readonly pid: number
  /** Its arguments, separated by spaces. */
  readonly command: string
}

/** All processes of this machine. */
export const listProcesses = (): RunningProcess[] =>
  readdirSync('/proc')
    .filter(name => /^[0-9]+$/.test(name))
    .flatMap(pid => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [{ pid: Number(pid), command }]
      } catch {
        // It has ended meanwhile.
        return []
      }
    })

/** Runs something and gives back, beside its result, the command line of every process that was seen meanwhile. */
export const withWatch = async <T>(use: () => Promise<T>): Promise<{ result: T; seen: string[] }> => {
  const seen = new Set<string>()
  let over = false
  const watch = async (): Promise<void> => {
    while (!over) {
      for (const { command } of listProcesses()) seen.add(command)
      // Shorter than any program lives; without it, the watch takes a processor from what it watches.
      await sleep(5)
    }
  }
  const watching = watch()
  try {
    const result = await use()
    return { result, seen: [...seen] }
  } finally {
    over = true
    await watching
  }
}
