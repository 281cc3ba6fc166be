import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import { isProjectName, normaliseVersion } from '../gates/package-version.ts'
import type { GitHubRepository } from '../github/client.ts'
import { linesOf, type Reading } from './texts.ts'

export function packageOf(gitTag: string, reading: Reading): PackageGate | undefined {
  const { texts, mistakes } = reading
  const { package: name, 'package-index': address } = texts
  const timeout = timeoutOf('package-timeout', reading)
  const index = /^https?:/i.test(address) && URL.canParse(address) ? new URL(address) : undefined
  if (index === undefined)
    mistakes.about('package-index', address)('it is no http address', 'Write that of a simple index.')
  if (name === '') return undefined
  const version = normaliseVersion(gitTag)
  const wrong = mistakes.about('package', name)
  if (!isProjectName(name)) wrong('it is no name of a package', 'Write the name alone, such as reqmgr2.')
  else if (version === undefined && gitTag !== '')
    wrong(`${gitTag} is no version of PEP 440`, 'Leave it empty for such tags, or release one like 2.3.5rc1.')
  return index && version ? { package: { name, version }, index, timeout } : undefined
}

export function checksOf(reading: Reading): ChecksGate | undefined {
  const timeout = timeoutOf('checks-timeout', reading)
  const names = new Set(linesOf('require-checks', reading).map(({ line }) => line))
  const repository = gitHubOf(reading)
  if (names.size === 0) return undefined
  if (repository) return { repository, names: [...names], timeout, ownRun: reading.run.runId }
  const what = 'require-checks needs github-token, GITHUB_REPOSITORY and GITHUB_API_URL; one is empty.'
  const remedy = 'In a workflow, leave github-token out; elsewhere, set the variables and GITHUB_TOKEN.'
  reading.mistakes.add('require-checks', what, remedy)
  return undefined
}

export function gitHubOf({ texts, run: { apiUrl, repository } }: Reading): GitHubRepository | undefined {
  const token = texts['github-token']
  return apiUrl && repository && token ? { apiUrl, name: repository, token } : undefined
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** In milliseconds. */
function timeoutOf(input: 'package-timeout' | 'checks-timeout', { texts, mistakes }: Reading) {
  const [, number, unit = ''] = /^([0-9]+)([smh])$/.exec(texts[input]) ?? []
  const timeout = Number(number) * (UNITS[unit] ?? 0)
  // No job may run longer.
  if (timeout <= 6 * 3_600_000) return timeout
  mistakes.about(input, texts[input])('it is not a time of at most 6h', 'Write one such as 90s, 15m or 1h.')
  return 0
}
