import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import { isProjectName, normaliseVersion } from '../gates/package-version.ts'
import type { GitHubRepository } from '../github/client.ts'
import { oneLine } from '../text.ts'
import { linesOf } from './lines.ts'
import type { Mistakes } from './mistakes.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'

/** The package that is waited for, if there is one. */
export function packageGateOf(
  texts: InputTexts,
  gitTag: string,
  mistakes: Mistakes,
): PackageGate | undefined {
  const { package: name, 'package-index': index } = texts
  const timeout = timeoutOf('package-timeout', texts, mistakes)
  const url = URL.canParse(index) ? new URL(index) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    mistakes.invalid(
      'package-index',
      index,
      'it is not an http address',
      'Write the address of a simple index.',
    )
  if (name === '') return undefined
  if (!isProjectName(name))
    mistakes.invalid(
      'package',
      name,
      'it is not the name of a project',
      'Write the name alone, such as reqmgr2.',
    )
  const version = normaliseVersion(gitTag)
  if (version === undefined && gitTag !== '')
    mistakes.add(
      'package',
      `The git tag ${oneLine(gitTag)} is no version of PEP 440, so there can be no package ${oneLine(name)} of it.`,
      'Leave package empty for such tags, or release a version such as 2.3.4 or 2.3.5rc1.',
    )
  return url && version ? { package: { name, version }, index: url, timeout } : undefined
}

/** The checks that are required, if there are some. */
export function checksGateOf(texts: InputTexts, run: RunContext, mistakes: Mistakes): ChecksGate | undefined {
  const timeout = timeoutOf('checks-timeout', texts, mistakes)
  const names = [...new Set(linesOf(texts['require-checks']))]
  if (names.length === 0) return undefined
  const repository = repositoryOnGitHub(texts, run)
  if (repository !== undefined) return { repository, names, timeout, ownRun: run.runId }
  mistakes.add(
    'require-checks',
    'require-checks needs a repository on GitHub and a token: GITHUB_REPOSITORY, GITHUB_API_URL or github-token is empty.',
    'In a workflow, leave github-token out to use that of the job; elsewhere, set GITHUB_REPOSITORY and GITHUB_TOKEN.',
  )
  return undefined
}

/** Where the commits of the git tag's repository can be asked for, if that is known. */
export function repositoryOnGitHub(
  texts: InputTexts,
  { apiUrl, repository }: RunContext,
): GitHubRepository | undefined {
  const token = texts['github-token']
  return apiUrl && repository && token ? { apiUrl, name: repository, token } : undefined
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** The longest time that a job may run, in milliseconds. */
const LONGEST = 6 * 3_600_000

/** In milliseconds. */
function timeoutOf(
  input: 'package-timeout' | 'checks-timeout',
  texts: InputTexts,
  mistakes: Mistakes,
): number {
  const [, number = '', unit = ''] = /^([0-9]{1,6})([smh])$/.exec(texts[input]) ?? []
  const timeout = Number(number) * (UNITS[unit] ?? Number.NaN)
  if (timeout <= LONGEST) return timeout
  mistakes.invalid(
    input,
    texts[input],
    'it is not a time of at most 6h',
    'Write one with its unit, such as 90s, 15m or 1h.',
  )
  return 0
}
