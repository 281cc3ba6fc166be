import { type ExecFileException, execFile } from 'node:child_process'

/** An error that says what failed and why in one message, for whoever prints only that; the cause goes along. */
export const failure = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })

export interface CommandOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Written to the command's standard input: the way to hand over a secret. */
  input?: string
  /** Milliseconds; no limit if there is none. */
  timeout?: number
}

const describe = ({ code, signal }: ExecFileException): string => {
  if (code === 'ENOENT') return 'there is no such command here'
  return signal ? `ended by ${signal}` : `status ${code}`
}

/**
 * Runs a command to its end and returns what it wrote to standard output.
 *
 * @throws when it cannot be started, or ends with another status than 0; the message has the end of its output.
 */
export const run = (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const { input, ...execution } = options
    const child = execFile(
      command,
      args,
      { ...execution, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        const reason = describe(error)
        const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
        reject(new Error(`${command} ${args[0] ?? ''}: ${reason}\n${output}`.trim(), { cause: error }))
      },
    )
    // A command that ends without reading its input must fail by its status, not by a broken pipe.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
