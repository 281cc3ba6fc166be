import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InputName, inputs, type OutputName } from '../../src/action-yml.ts'
import { RECORD_FOLDER } from '../../src/report/outputs.ts'

const DIST = join(import.meta.dirname, '../../dist')

/** A step as a workflow would have it: what is below `with:`, and what surrounds it. */
export interface Step {
  readonly with: Partial<Record<InputName, string>>
  /** Inputs that the action does not have. */
  readonly unknown?: Readonly<Record<string, string>>
  /** The git tag that the workflow runs on; none for a run on a branch. */
  readonly tag?: string
  readonly sha?: string
  /** The address of GitHub's API; without it, the public one. */
  readonly apiUrl?: string
  /** The whole environment but for what the runner adds; without it, that of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** The directory that the step runs in; without it, an empty one. */
  readonly workspace?: string
  /** The runner's temporary directory, which then stays; without it, one that ends with the step. */
  readonly temporary?: string
  /** What the runner gives to a step, if it is otherwise than it should be; an empty text is none. */
  readonly runner?: Readonly<Record<string, string>>
  /** For the post step: what the step saved. */
  readonly state?: Readonly<Record<string, string>>
  /** Called with the process when it runs. */
  readonly onStart?: (process: { pid: number; kill: (signal: NodeJS.Signals) => void }) => void
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string
  readonly message: string
}

export interface StepResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and standard error as they came. */
  readonly log: string
  readonly outputs: Partial<Record<OutputName, string>>
  readonly annotations: readonly Annotation[]
  readonly summary: string
  /** What the step saved for its post step. */
  readonly state: Readonly<Record<string, string>>
  /** Names in the runner's temporary directory after the step, but that of the record, which is for later steps. */
  readonly leftBehind: readonly string[]
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** What people see: the runner swallows the commands that name what it has to mask. */
export const visible = (log: string): string => log.replace(/^::add-mask::.*$/gm, '')

const unescaped = (text: string): string =>
  text
    .replaceAll('%0A', '\n')
    .replaceAll('%0D', '\r')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%')

/** What the runner takes commands from: not what stands between stop-commands and its token. */
const obeyed = (log: string): string => log.replace(/^::stop-commands::(\S+)$[\s\S]*?^::\1::$/gm, '')

/** The names of all commands that the runner would obey, old ones as `##[name]`. It takes a lone CR for an end of a line, too. */
export const commandsIn = (log: string): string[] =>
  obeyed(log)
    .split(/\r\n|\n|\r/)
    .flatMap(line => {
      const [, name, old] = /^\s*::([^\s:]*)|(##\[[^\]]*)/.exec(line) ?? []
      return name ?? old ?? []
    })

const annotationsIn = (log: string): Annotation[] =>
  Array.from(
    obeyed(log).matchAll(/^::(error|warning|notice)(?: title=([^:]*))?::(.*)$/gm),
    ([, level, title, message]) => ({
      level: level as Annotation['level'],
      title: unescaped(title ?? ''),
      message: unescaped(message ?? ''),
    }),
  )

/** Reads a file of `name<<delimiter`, value, delimiter, as the runner does. */
export const fileCommands = (text: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(text.matchAll(/^([^\n<]+)<<(\S+)\n([\s\S]*?)\n\2$/gm), ([, name, , value]) => [name, value]),
  )

const read = async (file: string): Promise<string> => (existsSync(file) ? readFile(file, 'utf8') : '')

/** What the runner says of the workflow run. */
export const contextOf = ({
  tag,
  sha = COMMIT,
  apiUrl = 'http://127.0.0.1:1',
}: Step): Record<string, string> => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_REF: tag === undefined ? 'refs/heads/main' : `refs/tags/${tag}`,
  GITHUB_REF_TYPE: tag === undefined ? 'branch' : 'tag',
  GITHUB_REF_NAME: tag ?? 'main',
  GITHUB_SHA: sha,
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_API_URL: apiUrl,
  GITHUB_REPOSITORY: 'dmwm/WMCore',
  GITHUB_RUN_ID: '1',
  GITHUB_JOB: 'release',
})

/** What the runner makes of `with:`. */
export const inputVariables = (step: Step): Record<string, string> => {
  const defaults = Object.entries(inputs).map(([name, { default: value }]) => [name, value] as const)
  const given = { ...Object.fromEntries(defaults), ...step.with, ...step.unknown }
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
}

const stateVariables = ({ state = {} }: Step): Record<string, string> =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))

/**
 * Runs the committed bundle of the action as the runner runs a step: inputs, context and the files for
 * outputs, state and summary in the environment, the workspace as working directory, the Node of action.yml. With
 * `state`, it is the post step.
 */
export const runStep = async (step: Step): Promise<StepResult> => {
  const home = await mkdtemp(join(tmpdir(), 'step-'))
  const temporary = step.temporary ?? join(home, 'temp')
  const workspace = step.workspace ?? join(home, 'workspace')
  const files = { output: join(home, 'output'), state: join(home, 'state'), summary: join(home, 'summary') }
  try {
    await mkdir(temporary, { recursive: true })
    if (step.workspace === undefined) await mkdir(workspace)
    for (const file of Object.values(files)) await writeFile(file, '')
    const env = {
      ...(step.env ?? process.env),
      ...contextOf(step),
      ...inputVariables(step),
      ...stateVariables(step),
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temporary,
      ...step.runner,
    }
    const bundle = join(DIST, step.state === undefined ? 'action' : 'post', 'index.js')
    const child = spawn(process.execPath, [bundle], {
      cwd: workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise<Pick<StepResult, 'exitCode' | 'signal'>>((resolve, reject) => {
      child.on('error', reject).on('close', (exitCode, signal) => resolve({ exitCode, signal }))
    })
    if (child.pid !== undefined) step.onStart?.({ pid: child.pid, kill: signal => child.kill(signal) })
    const end = await ended
    const log = Buffer.concat(chunks).toString('utf8')
    return {
      ...end,
      log,
      outputs: fileCommands(await read(files.output)),
      annotations: annotationsIn(log),
      summary: await read(files.summary),
      state: fileCommands(await read(files.state)),
      leftBehind: (await readdir(temporary)).filter(name => !name.startsWith(RECORD_FOLDER)),
    }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 })
  }
}
