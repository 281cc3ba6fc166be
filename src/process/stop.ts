import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds from SIGTERM to SIGKILL. GitHub's runner waits 7.5 s after SIGINT, and 2.5 s after SIGTERM. */
export const TIME_TO_STOP = 4_000

/**
 * Stops all that this process has started, and waits for its end and that of `program`, at most `TIME_TO_STOP`. It looks
 * again and again: nothing leads from an ended program to what it has started, and docker's plug-ins survive docker.
 */
export async function stopDescendants(program: Promise<unknown>) {
  const ended = program.catch(() => {}).then(() => true)
  const found = new Set<number>()
  const deadline = performance.now() + TIME_TO_STOP
  while (performance.now() < deadline) {
    const parents = parentsOfAll()
    const isOurs = (parent?: number): boolean =>
      parent !== undefined && (parent === process.pid || found.has(parent) || isOurs(parents.get(parent)))
    for (const pid of found) if (!parents.has(pid)) found.delete(pid)
    for (const [pid, parent] of parents) {
      if (found.has(pid) || !isOurs(parent)) continue
      found.add(pid)
      if (parent === process.pid) kill(pid, 'SIGTERM')
    }
    if (found.size === 0 && (await Promise.race([ended, sleep(20, false)]))) return
    await sleep(20)
  }
  for (const pid of found) kill(pid, 'SIGKILL')
}

/** Only Linux lists them; elsewhere only Ctrl-C reaches a program. */
function parentsOfAll() {
  const parents = new Map<number, number>()
  const names = existsSync('/proc') ? readdirSync('/proc') : []
  for (const name of names.filter(name => /^[0-9]+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The name before the last parenthesis may have any character. Source: proc_pid_stat(5).
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z') parents.set(Number(name), Number(parent))
    } catch {}
  }
  return parents
}

function kill(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch {}
}
