import { spawnSync } from 'node:child_process'
import { parse } from 'yaml'
import { read } from './github.ts'
import { at, stepsOf } from './workflow-rules.ts'

/** The shell lines of the step of a workflow that has this name. */
const scriptOf = (path: string, name: string): string => {
  const step = stepsOf(parse(read(path))).find(({ step: each }) => at(each, 'name') === name)
  if (step === undefined) throw new Error(`${path} has no step ${name}`)
  return String(at(step.step, 'run'))
}

/** Runs the shell lines of a step as the runner does with `shell: bash`, and gives back how they ended. */
export const runStep = (
  { path, name }: { path: string; name: string },
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string>> },
) =>
  spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', scriptOf(path, name)], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  })
