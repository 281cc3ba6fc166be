import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import { isProjectName, normaliseVersion } from '../gates/package-version.ts'
import type { GitHubRepository } from '../github/repository.ts'
import { oneLine } from '../text.ts'
import { type Caller, capitalized } from './caller.ts'
import { parseDuration } from './duration.ts'
import { invalidFor } from './invalid.ts'
import { linesOf } from './lines.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'
import { all, andThen, invalidInput, map, mistaken, type Validated, valid } from './validated.ts'

const LONGEST = 6 * 3_600_000

const timeoutOf = (
  input: 'package-timeout' | 'checks-timeout',
  texts: InputTexts,
  caller: Caller,
): Validated<number> => {
  const given = texts[input]
  const wrong = (problem: string): Validated<never> => {
    const remedy = 'Write a time with its unit, at most 6h, such as 90s, 15m or 1h.'
    return mistaken(invalidFor(caller)(input, given, problem, remedy))
  }
  const timeout = parseDuration(given)
  if (timeout === undefined) return wrong('it is not a time')
  return timeout > LONGEST ? wrong(caller.tooLong) : valid(timeout)
}

const indexOf = (given: string, caller: Caller): Validated<URL> => {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return valid(url)
  const remedy = 'Write the address of a simple index.'
  return mistaken(invalidFor(caller)('package-index', given, 'it is not an http address', remedy))
}

const packageNameOf = (name: string, caller: Caller): Validated<string> => {
  if (isProjectName(name)) return valid(name)
  const remedy = 'Write the name alone, such as reqmgr2; its version is the git tag.'
  return mistaken(invalidFor(caller)('package', name, 'it is not the name of a project', remedy))
}

const versionOf = (gitTag: string, name: string, caller: Caller): Validated<string> => {
  const version = normaliseVersion(gitTag)
  if (version !== undefined) return valid(version)
  return mistaken(
    invalidInput(
      ['package', 'tag'],
      `The git tag ${oneLine(gitTag)} is no version of PEP 440, so there can be no package ${name} of it to wait for.`,
      `Nothing was built. Leave ${caller.spell('package')} empty for such tags, or release a version such as 2.3.4 or 2.3.5rc1.`,
    ),
  )
}

/** The package that is waited for, if there is one. */
export const packageGateOf = (
  texts: InputTexts,
  gitTag: Validated<string>,
  caller: Caller,
): Validated<PackageGate | undefined> => {
  const where = all({
    timeout: timeoutOf('package-timeout', texts, caller),
    index: indexOf(texts['package-index'], caller),
  })
  if (texts.package === '') return map(where, () => undefined)
  const name = packageNameOf(texts.package, caller)
  const version = andThen(name, name => andThen(gitTag, tag => versionOf(tag, name, caller)))
  return map(all({ where, name, version }), ({ where, name, version }) => ({
    ...where,
    package: { name, version },
  }))
}

const checksRepositoryOf = (
  texts: InputTexts,
  { apiUrl, repository }: RunContext,
  { spell }: Caller,
): Validated<GitHubRepository> => {
  if (apiUrl === undefined || repository === undefined) {
    return mistaken(
      invalidInput(
        ['require-checks'],
        `${capitalized(spell('require-checks'))} needs a repository on GitHub, and GITHUB_API_URL or GITHUB_REPOSITORY is not set.`,
        'Run this in a workflow, or set both.',
      ),
    )
  }
  const token = texts['github-token']
  if (token !== '') return valid({ apiUrl, name: repository, token })
  return mistaken(
    invalidInput(
      ['github-token'],
      `${capitalized(spell('github-token'))} is empty, and ${spell('require-checks')} needs one.`,
      'Leave it out to use the token of the job.',
    ),
  )
}

/** The checks that are required, if there are some. */
export const checksGateOf = (
  texts: InputTexts,
  run: RunContext,
  caller: Caller,
): Validated<ChecksGate | undefined> => {
  const timeout = timeoutOf('checks-timeout', texts, caller)
  const names = [...new Set(linesOf(texts['require-checks']))]
  if (names.length === 0) return map(timeout, () => undefined)
  const repository = checksRepositoryOf(texts, run, caller)
  return map(all({ timeout, repository }), gate => ({ ...gate, names, ownRun: run.runId }))
}
