import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMIT } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { type InputName, inputs } from '../src/contract.ts'
import type { Program } from './measure.ts'

export const bundles = {
  action: join(import.meta.dirname, '../dist/action/index.js'),
  cli: join(import.meta.dirname, '../dist/cli/stable-release.mjs'),
} as const

const variables = (given: Partial<Record<InputName, string>>): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { default: value }]) => [
      `INPUT_${name.toUpperCase()}`,
      given[name as InputName] ?? value,
    ]),
  )

/** Makes what the runner makes before a step: files for what the step says, and a temporary directory. */
export const prepareRunner = async ({ workspace }: Bench): Promise<void> => {
  for (const file of ['output', 'state', 'summary']) await writeFile(join(workspace, file), '')
  await mkdir(join(workspace, 'temporary'))
}

/** The action as the runner starts it, for the workflow run of a git tag. */
export const action = (
  { env, registry, workspace }: Bench,
  gitTag: string,
  given: Partial<Record<InputName, string>>,
): Program => ({
  command: process.execPath,
  args: [bundles.action],
  cwd: workspace,
  env: {
    ...env,
    ...variables({ registry: registry.host, project: 'cmswmcore', context: 'service', ...given }),
    GITHUB_ACTIONS: 'true',
    GITHUB_REF: `refs/tags/${gitTag}`,
    GITHUB_REF_TYPE: 'tag',
    GITHUB_REF_NAME: gitTag,
    GITHUB_SHA: COMMIT,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'http://127.0.0.1:1',
    GITHUB_REPOSITORY: 'dmwm/WMCore',
    GITHUB_RUN_ID: '1',
    GITHUB_WORKSPACE: workspace,
    GITHUB_OUTPUT: join(workspace, 'output'),
    GITHUB_STATE: join(workspace, 'state'),
    GITHUB_STEP_SUMMARY: join(workspace, 'summary'),
    RUNNER_TEMP: join(workspace, 'temporary'),
  },
})

/** docker on the engine of the bench. */
export const docker = ({ env, workspace }: Bench, ...args: readonly string[]): Program => ({
  command: 'docker',
  args,
  env,
  cwd: workspace,
})
