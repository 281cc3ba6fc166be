import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { fileCommands } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { time } from './measure.ts'
import { action } from './programs.ts'

/** Any JavaScript action: what the runner reads in its action.yml. */
export interface PublicAction {
  readonly main: string
  readonly post: string | undefined
  readonly defaults: Readonly<Record<string, string>>
}

interface ActionYml {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown }>>
  readonly runs: { readonly main: string; readonly post?: string }
}

/** Reads the action of a folder. Its token is none. */
export const readAction = async (folder: string): Promise<PublicAction> => {
  const { inputs = {}, runs }: ActionYml = parse(await readFile(join(folder, 'action.yml'), 'utf8'))
  return {
    main: join(folder, runs.main),
    post: runs.post === undefined ? undefined : join(folder, runs.post),
    defaults: Object.fromEntries(
      Object.entries(inputs).map(([name, { default: value = '' }]) => [
        name,
        String(value).replace(/^\$\{\{ github\.token }}$/, 'none'),
      ]),
    ),
  }
}

export interface Step {
  readonly action: PublicAction
  /** The git tag that the workflow runs on. */
  readonly gitTag: string
  readonly inputs: Readonly<Record<string, string>>
  /** Further variables of the job. */
  readonly env: NodeJS.ProcessEnv
}

export interface StepTime {
  /** Milliseconds. */
  readonly took: number
  readonly outputs: Readonly<Record<string, string>>
  /** Runs the post step, if there is one; gives back its milliseconds. */
  post(): Promise<number>
}

/** Runs a step in the workspace of the bench as the runner runs it. */
export const timeStep = async (bench: Bench, step: Step): Promise<StepTime> => {
  const { main, post, defaults } = step.action
  const files = { output: join(bench.workspace, 'output'), state: join(bench.workspace, 'state') }
  for (const file of Object.values(files)) await writeFile(file, '')
  const { env: ofOurs, ...program } = action(bench, step.gitTag, {})
  const variables = (prefix: string, values: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]))
  const inputs = Object.entries({ ...defaults, ...step.inputs }).map(
    ([name, value]) => [name.toUpperCase(), value] as const,
  )
  const env = {
    ...Object.fromEntries(Object.entries(ofOurs).filter(([name]) => !name.startsWith('INPUT_'))),
    ...variables('INPUT_', Object.fromEntries(inputs)),
    ...step.env,
  }
  const took = await time({ ...program, args: [main], env })
  const outputs = fileCommands(await readFile(files.output, 'utf8'))
  const state = fileCommands(await readFile(files.state, 'utf8'))
  return {
    took,
    outputs,
    post: async () =>
      post === undefined
        ? 0
        : time({ ...program, args: [post], env: { ...env, ...variables('STATE_', state) } }),
  }
}
