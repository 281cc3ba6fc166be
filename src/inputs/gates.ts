import { ReleaseError } from '../errors.ts'
import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import { isProjectName, normaliseVersion } from '../gates/package-version.ts'
import type { GitHubRepository } from '../github/repository.ts'
import type { Caller } from './caller.ts'
import { parseDuration } from './duration.ts'
import { type Invalid, invalidFor, linesOf } from './invalid.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'

const LONGEST = 6 * 3_600_000

const timeoutOf = (input: 'package-timeout' | 'checks-timeout', given: string, invalid: Invalid): number => {
  const wayOut = 'Write a time with its unit, at most 6h, such as 90s, 15m or 1h.'
  const timeout = parseDuration(given)
  if (timeout === undefined) throw invalid(input, given, 'it is not a time', wayOut)
  if (timeout > LONGEST) throw invalid(input, given, 'it is longer than a job may run', wayOut)
  return timeout
}

const indexOf = (given: string, invalid: Invalid): URL => {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw invalid('package-index', given, 'it is not an http address', 'Write the address of a simple index.')
}

/** The package that is waited for, if there is one. Throws `invalid-input`. */
export const packageGateOf = (texts: InputTexts, gitTag: string, caller: Caller): PackageGate | undefined => {
  const invalid = invalidFor(caller)
  const { package: name, 'package-index': index, 'package-timeout': timeout } = texts
  const gate = { timeout: timeoutOf('package-timeout', timeout, invalid), index: indexOf(index, invalid) }
  if (name === '') return undefined
  if (!isProjectName(name)) {
    throw invalid(
      'package',
      name,
      'it is not the name of a project',
      'Write the name alone, such as reqmgr2; its version is the git tag.',
    )
  }
  const version = normaliseVersion(gitTag)
  if (version !== undefined) return { ...gate, package: { name, version } }
  throw new ReleaseError('invalid-input', {
    what: `The git tag ${gitTag} is no version of PEP 440, so there can be no package ${name} of it to wait for.`,
    wayOut: `Nothing was built. Leave ${caller.spell('package')} empty for such tags, or release a version such as 2.3.4 or 2.3.5rc1.`,
  })
}

/** The repository of the run on GitHub, if it can be asked. */
export const sourceOf = (
  texts: InputTexts,
  { apiUrl, repository }: RunContext,
): GitHubRepository | undefined => {
  const token = texts['github-token']
  if (apiUrl === undefined || repository === undefined || token === '') return undefined
  return { apiUrl, name: repository, token }
}

/** The checks that are required, if there are some. Throws `invalid-input`. */
export const checksGateOf = (
  texts: InputTexts,
  run: RunContext,
  invalid: Invalid,
): ChecksGate | undefined => {
  const timeout = timeoutOf('checks-timeout', texts['checks-timeout'], invalid)
  const names = [...new Set(linesOf(texts['require-checks']))]
  if (names.length === 0) return undefined
  const { 'github-token': token } = texts
  const { apiUrl, repository } = run
  if (apiUrl === undefined || repository === undefined) {
    throw new ReleaseError('invalid-input', {
      what: 'The input require-checks needs a repository on GitHub, and GITHUB_API_URL or GITHUB_REPOSITORY is not set.',
      wayOut: 'Run this in a workflow, or set both.',
    })
  }
  if (token === '')
    throw new ReleaseError('invalid-input', {
      what: 'The input github-token is empty, and require-checks needs one.',
      wayOut: 'Leave it out to use the token of the job.',
    })
  return { names, timeout, ownRun: run.runId, repository: { apiUrl, name: repository, token } }
}
