/**
 * Keeps one temporary folder and one program that runs in it, for as long as its owner lives.
 *
 * The owner may end in any way, even by a signal that it cannot handle. So the keeper is a process of its own: it
 * knows the owner by the channel between them, which the kernel closes when the owner is gone. Then, and only then,
 * the program is stopped and the folder removed. Start it with `keep` of kept.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type FromKeeper = { kind: 'folder'; folder: string } | { kind: 'ended'; how: string }

export interface ToKeeper {
  command: readonly [string, ...string[]]
  env: NodeJS.ProcessEnv
}

const tell = (message: FromKeeper): void => {
  // The owner may go at any moment; that is what the keeper is for.
  if (process.connected) process.send?.(message, () => {})
}

const folder = mkdtempSync(join(tmpdir(), 'sra-'))
let program: ChildProcess | undefined

const start = ({ command, env }: ToKeeper): void => {
  const log = openSync(join(folder, 'log'), 'a')
  // If the keeper itself is killed, the kernel kills the program.
  const args = ['--pdeathsig', 'KILL', '--', ...command]
  program = spawn('setpriv', args, { cwd: folder, env, detached: true, stdio: ['ignore', log, log] })
  program.once('error', error => tell({ kind: 'ended', how: error.message }))
  program.once('exit', (status, signal) => tell({ kind: 'ended', how: signal ?? `status ${status}` }))
}

/**
 * Ends the program at once: nothing of it is kept, and an engine takes a second to stop by itself. What runs in namespaces of
 * its own is ended from inside: its first process is gone when everything in them is.
 */
const kill = (pid: number): void => {
  const inside = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  process.kill(Number(inside === '' ? pid : inside.split(' ', 1)[0]), 'SIGKILL')
}

const clean = (): void => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  process.exit()
}

const stop = (): void => {
  const isRunning = program?.exitCode === null && program.signalCode === null
  if (program?.pid === undefined || !isRunning) {
    clean()
    return
  }
  program.once('exit', clean)
  kill(program.pid)
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop)
process.once('disconnect', stop)
process.once('message', start)
tell({ kind: 'folder', folder })
