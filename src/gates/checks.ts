import type { Clock } from '../clock.ts'
import { ReleaseError } from '../errors.ts'
import { type GitHubClient, type GitHubPorts, openGitHub } from '../github/client.ts'
import type { CheckRun } from '../github/entries.ts'
import { GitHubError, RateLimitError } from '../github/failure.ts'
import type { GitHubRepository } from '../github/repository.ts'
import type { Log } from '../log.ts'
import { type CheckState, checksInShort, describeCheck, hintFor, stateOf } from './check-state.ts'
import { forPeople, waitFor } from './wait.ts'

/** Checks that must have passed on the commit of the git tag. */
export interface ChecksGate {
  readonly repository: GitHubRepository
  /** Names of commit statuses or check runs. */
  readonly names: readonly string[]
  /** The longest wait for those that are absent or running, in milliseconds; 0 for none. */
  readonly timeout: number
  /** The run that asks, whose own jobs can not have passed yet. */
  readonly ownRun: string | undefined
}

/** A git tag, and the commit that the run knows it as: its checks count, wherever the git tag has moved. */
export interface CheckedTag {
  readonly gitTag: string
  readonly revision: string | undefined
}

/** What checks are read with. */
export interface ChecksPorts extends GitHubPorts {
  readonly log: Log
  readonly clock: Clock
}

const isOwn = ({ url, detailsUrl }: CheckRun, ownRun: string | undefined): boolean =>
  ownRun !== undefined && [url, detailsUrl].some(address => address?.includes(`/actions/runs/${ownRun}/`))

/** How long GitHub's rate limit is waited for where the gate has no longer time, in milliseconds: as it asks at least. */
const SHORT_WAIT = 60_000

/**
 * Reads again after the time for which GitHub asks to be left alone; that grows while it goes on asking.
 * Throws `github-unreadable` if that is longer than the gate waits for checks, and than a minute.
 */
const withinRateLimit = async <T>(
  read: () => Promise<T>,
  { timeout }: ChecksGate,
  { log, clock }: { log: Log; clock: Clock },
): Promise<T> => {
  const patience = Math.max(timeout, SHORT_WAIT)
  let waited = 0
  for (let times = 0; ; times += 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof RateLimitError)) throw error
      const wait = error.wait * 2 ** times
      if (waited + wait > patience) {
        throw new ReleaseError('github-unreadable', {
          what: `The checks can not be read: the rate limit of the GitHub API is used up for another ${forPeople(error.wait)}.`,
          remedy: `${error.remedy} A longer checks-timeout waits for it, too.`,
        })
      }
      log.info(`GitHub: the rate limit of the API is used up, asking again in ${forPeople(wait)}`)
      await clock.sleep(wait)
      waited += wait
    }
  }
}

const open = ({ repository }: ChecksGate, { transport, loadGitHub }: GitHubPorts): Promise<GitHubClient> =>
  openGitHub(repository, {
    transport,
    loadGitHub,
    permissions: ['contents: read', 'checks: read', 'statuses: read'],
  })

/** The commit whose checks count; GitHub is asked if the run does not know it. Throws as `awaitChecks`. */
export const commitToCheck = (
  gate: ChecksGate,
  { gitTag, revision }: CheckedTag,
  ports: ChecksPorts,
): Promise<string> => {
  const ask = async (): Promise<string> => {
    if (revision !== undefined) return revision
    const commit = await (await open(gate, ports)).commitOf(gitTag)
    if (commit.kind === 'found') return commit.sha
    throw commit.error
  }
  return withinRateLimit(ask, gate, ports)
}

/** Reads how the required checks stand. */
const readChecks = async (
  { names, ownRun }: ChecksGate,
  client: GitHubClient,
  sha: string,
): Promise<CheckState[]> => {
  const [statuses, ...runs] = await Promise.all([
    client.statusesOf(sha),
    ...names.map(name => client.checkRunsOf(sha, name)),
  ])
  return names.map((name, index) =>
    stateOf(name, { statuses, runs: (runs[index] ?? []).filter(run => !isOwn(run, ownRun)) }),
  )
}

/** The same states, with a hint at those that were not found, if GitHub tells what the commit has. */
const withHints = async (
  states: readonly CheckState[],
  { ownRun }: ChecksGate,
  client: GitHubClient,
  sha: string,
): Promise<readonly CheckState[]> => {
  if (states.every(({ kind }) => kind !== 'absent')) return states
  try {
    const [statuses, runs] = await Promise.all([client.statusesOf(sha), client.checkRunsOf(sha)])
    const there = { statuses, runs: runs.filter(run => !isOwn(run, ownRun)) }
    return states.map(state =>
      state.kind === 'absent' ? { ...state, hint: hintFor(state.name, there) } : state,
    )
  } catch (error) {
    if (error instanceof GitHubError) return states
    throw error
  }
}

/** Makes sure that the checks can be read at all, and gives back the commit that they are of. Throws as `awaitChecks`. */
export const requireReadableChecks = async (
  gate: ChecksGate,
  tag: CheckedTag,
  ports: ChecksPorts,
): Promise<string> => {
  const sha = await commitToCheck(gate, tag, ports)
  const client = await open(gate, ports)
  await withinRateLimit(() => readChecks(gate, client, sha), gate, ports)
  return sha
}

/** The checks that have not passed. */
export const openChecks = (states: readonly CheckState[]): readonly CheckState[] =>
  states.filter(({ kind }) => kind !== 'passed')

/**
 * Waits for the required checks, as a stage of the run, and gives back how they stand.
 *
 * Throws `github-unreadable` or `invalid-input`.
 */
export const waitForChecks = (
  gate: ChecksGate,
  tag: CheckedTag,
  ports: ChecksPorts,
): Promise<readonly CheckState[]> =>
  ports.log.stage('Check what is required', async conclude => {
    const states = await awaitChecks(gate, tag, ports)
    const open = openChecks(states)
    if (open.length === 0) conclude(checksInShort(states))
    else conclude(checksInShort(open), 'failed')
    return states
  })

/** The error for a promotion whose checks have not passed. */
export const checksNotPassed = (gitTag: string, open: readonly CheckState[]): ReleaseError =>
  new ReleaseError('checks-not-passed', {
    what: `${gitTag} is not promoted: ${open.map(describeCheck).join('; ')}.`,
    remedy:
      'Nothing was written. Let the checks pass on the commit of the tag, then run it again; checks-timeout makes it wait for them.',
  })

/**
 * Waits until every required check has passed or one has failed, at most as long as the gate says. Gives back
 * how they stand then.
 *
 * Throws `github-unreadable` or `invalid-input`.
 */
export const awaitChecks = async (
  gate: ChecksGate,
  tag: CheckedTag,
  ports: ChecksPorts,
): Promise<readonly CheckState[]> => {
  const { log, clock } = ports
  const sha = await commitToCheck(gate, tag, ports)
  const client = await open(gate, ports)
  let last: readonly CheckState[] = []
  await waitFor(
    async () => {
      last = await withinRateLimit(() => readChecks(gate, client, sha), gate, ports)
      const over = last.some(({ kind }) => kind === 'failed') || last.every(({ kind }) => kind === 'passed')
      return over ? { kind: 'done', value: true } : { kind: 'again' }
    },
    {
      timeout: gate.timeout,
      firstInterval: 5_000,
      longestInterval: 30_000,
      what: `the checks ${gate.names.join(', ')}`,
    },
    { log, clock },
  )
  const states = await withHints(last, gate, client, sha)
  for (const state of states) log.info(describeCheck(state))
  return states
}
