import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contextOf, inputVariables, type Step } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import type { Program } from './measure.ts'

/** Makes what the runner makes before a step: files for what the step says, and a temporary directory. */
export async function prepareRunner({ workspace }: Bench): Promise<void> {
  for (const file of ['output', 'state', 'summary']) await writeFile(join(workspace, file), '')
  await mkdir(join(workspace, 'temporary'))
}

/** The action as the runner starts it, for the workflow run of a git tag. */
export function action({ env, registry, workspace }: Bench, tag: string, inputs: Step['with']): Program {
  const at = { registry: registry.host, project: 'cmswmcore', context: 'service' }
  const step: Step = { tag, with: { ...at, ...inputs } }
  return {
    command: process.execPath,
    args: [join(import.meta.dirname, '../dist/action/index.js')],
    cwd: workspace,
    env: {
      ...env,
      ...contextOf(step),
      ...inputVariables(step),
      GITHUB_WORKSPACE: workspace,
      GITHUB_OUTPUT: join(workspace, 'output'),
      GITHUB_STATE: join(workspace, 'state'),
      GITHUB_STEP_SUMMARY: join(workspace, 'summary'),
      RUNNER_TEMP: join(workspace, 'temporary'),
    },
  }
}

/** docker on the engine of the bench. */
export function docker({ env, workspace }: Bench, ...args: readonly string[]): Program {
  return { command: 'docker', args, env, cwd: workspace }
}
