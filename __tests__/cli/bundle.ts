import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The command line as it is published. */
export const bundle = fileURLToPath(new URL('../../dist/cli/stable-release.mjs', import.meta.url))

/** What a call of the command line came to. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program, without the environment of the tests apart from its PATH. */
export const runProgram = (
  program: string,
  args: readonly string[],
  { input = '', env = {}, cwd }: { input?: string | Buffer; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Outcome => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  })
  if (error !== undefined) throw error
  return { status, stdout, stderr }
}

/** A directory that has something to build. */
export const service = fileURLToPath(new URL('../../demo/service', import.meta.url))

/** Runs the command line, where something can be built unless `cwd` is given. */
export const stableRelease = (args: readonly string[], options?: Parameters<typeof runProgram>[2]): Outcome =>
  runProgram(process.execPath, [bundle, ...args], { cwd: service, ...options })
