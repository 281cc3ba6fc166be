import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../cli/bundle.ts'

/** How somebody calls the command line. */
export interface CommandLine {
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** What is piped in; nothing without it. */
  readonly input?: string
  /** The file that standard output goes to; without it, it is in the result. */
  readonly stdout?: string
  /** Called with the process when it runs, which leads a process group of its own. */
  readonly onStart?: (process: { pid: number; kill: (signal: NodeJS.Signals) => void }) => void
}

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Names in the temporary directory afterwards. */
  readonly leftBehind: readonly string[]
}

/** Runs the committed bundle of the command line as a shell does. */
export const stableRelease = async (args: readonly string[], call: CommandLine): Promise<Ended> => {
  const home = await mkdtemp(join(tmpdir(), 'call-'))
  const temporary = join(home, 'tmp')
  await mkdir(temporary)
  try {
    const file = call.stdout === undefined ? undefined : await open(call.stdout, 'w')
    const child = spawn(process.execPath, [bundle, ...args], {
      cwd: call.cwd,
      env: { ...call.env, TMPDIR: temporary },
      // As a shell has it: Ctrl-C reaches everything in the group at once.
      detached: true,
      stdio: ['pipe', file?.fd ?? 'pipe', 'pipe'],
    })
    const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
    await file?.close()
    child.stdout?.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
    child.stdin?.on('error', () => {}).end(call.input ?? '')
    const ended = new Promise<Pick<Ended, 'exitCode' | 'signal'>>((resolve, reject) => {
      child.on('error', reject).on('close', (exitCode, signal) => resolve({ exitCode, signal }))
    })
    const { pid } = child
    if (pid !== undefined) call.onStart?.({ pid, kill: signal => process.kill(-pid, signal) })
    const end = await ended
    return {
      ...end,
      stdout: Buffer.concat(chunks.stdout).toString('utf8'),
      stderr: Buffer.concat(chunks.stderr).toString('utf8'),
      leftBehind: await readdir(temporary),
    }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 })
  }
}
