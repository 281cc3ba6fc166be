/**
 * Keeps one temporary folder and one program that runs in it, for as long as its owner lives.
 *
 * The owner may end in any way, even by a signal that it cannot handle. So the keeper is a process of its own: it
 * knows the owner by the channel between them, which the kernel closes when the owner is gone. Then, and only then,
 * the program is stopped and the folder removed. Start it with `keep` of kept.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type FromKeeper = { kind: 'folder'; folder: string } | { kind: 'ended'; how: string }

export interface ToKeeper {
  command: readonly [string, ...string[]]
  env: NodeJS.ProcessEnv
}

/** How long a program may take to stop before it is killed, in milliseconds; docker gives containers 10 seconds. */
const patience = 20_000

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
  // In a process group of its own, it can be reached together with what it runs in.
  program = spawn('setpriv', args, { cwd: folder, env, detached: true, stdio: ['ignore', log, log] })
  program.once('error', error => tell({ kind: 'ended', how: error.message }))
  program.once('exit', (status, signal) => tell({ kind: 'ended', how: signal ?? `status ${status}` }))
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

/** The program is a child of this process: until its exit is seen here, its number belongs to nobody else. */
const signal = (child: ChildProcess, name: NodeJS.Signals): void => {
  if (child.pid !== undefined && isRunning(child)) process.kill(-child.pid, name)
}

const clean = (): void => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  process.exit()
}

const stop = (): void => {
  const child = program
  if (child === undefined || !isRunning(child)) {
    clean()
    return
  }
  child.once('exit', clean)
  setTimeout(() => signal(child, 'SIGKILL'), patience)
  signal(child, 'SIGTERM')
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop)
process.once('disconnect', stop)
process.once('message', start)
tell({ kind: 'folder', folder })
