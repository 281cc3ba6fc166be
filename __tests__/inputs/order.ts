import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inputs } from '../../src/action-yml.ts'
import type { Request } from '../../src/commands/request.ts'
import { ReleaseError } from '../../src/errors.ts'
import { Mistakes } from '../../src/inputs/mistakes.ts'
import { requestOf } from '../../src/inputs/request.ts'
import type { RunContext } from '../../src/inputs/run-context.ts'
import { type InputTexts, noteUnknownInputs } from '../../src/inputs/texts.ts'
import type { Warning } from '../../src/log.ts'

/** A folder of its own, which ends with the tests: see ../temporary.ts. */
export const temporaryFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'inputs-')))

/** Writes files with the folders that they are in. */
export const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const defaults = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))

/** The texts of all inputs: what is given, and the defaults of action.yml. */
export const textsWith = (given: Partial<InputTexts>): InputTexts =>
  ({ ...defaults, registry: 'ghcr.io', service: 'reqmgr2', ...given }) as InputTexts

/** A run on the tag 2.3.4. */
export const runIn = (workspace: string, others: Partial<RunContext> = {}): RunContext => ({
  tag: '2.3.4',
  ref: 'tag 2.3.4',
  sha: '6f1ea31',
  repository: 'dmwm/WMCore',
  repositoryUrl: 'https://github.com/dmwm/WMCore',
  apiUrl: 'https://api.github.com',
  runId: '7',
  recorded: {
    actor: 'amaltaro',
    run: 'https://github.com/dmwm/WMCore/actions/runs/7',
    environment: 'production',
  },
  workspace,
  temporary: undefined,
  isConfined: true,
  isLookedAt: true,
  ...others,
})

/** The request that an order makes, with the warnings. `env` is the environment, with inputs that may not exist. */
export const requestWith = (
  given: Partial<InputTexts>,
  run: RunContext,
  env: NodeJS.ProcessEnv = {},
): { request: Request; warnings: readonly Warning[]; notices: readonly Warning[] } => {
  const mistakes = new Mistakes()
  const warnings: Warning[] = []
  const notices: Warning[] = []
  noteUnknownInputs(env, mistakes)
  const log = {
    warning: (title: string, message: string) => void warnings.push({ title, message }),
    notice: (title: string, message: string) => void notices.push({ title, message }),
  }
  const request = requestOf(textsWith(given), run, { mistakes, log, env })
  return { request, warnings, notices }
}

/** The name and the text of the error that an order ends with. */
export const refusal = (given: Partial<InputTexts>, run: RunContext, env?: NodeJS.ProcessEnv): string => {
  try {
    requestWith(given, run, env)
  } catch (error) {
    if (error instanceof ReleaseError) return `${error.name}: ${error.message}`
    throw error
  }
  return 'no error'
}
