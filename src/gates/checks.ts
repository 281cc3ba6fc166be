import { ReleaseError } from '../errors.ts'
import type { Clock, Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import { type CheckRun, GitHubClient, type GitHubRepository, RateLimitError } from './github.ts'
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

/** How one required check stands. */
export interface CheckState {
  readonly name: string
  readonly kind: 'passed' | 'failed' | 'running' | 'absent'
  /** As GitHub calls it, such as `success`, `skipped` or `in_progress`. */
  readonly state: string
  readonly url: string | undefined
}

/** The newest check run of every app: `filter=latest` keeps one for every check suite, of which an app may have many. */
const newestPerApp = (runs: readonly CheckRun[]): CheckRun[] => {
  const newest = new Map<string, CheckRun>()
  for (const run of runs) {
    const other = newest.get(run.app)
    if (other === undefined || run.id > other.id) newest.set(run.app, run)
  }
  return [...newest.values()]
}

const stateOfRun = ({ name, status, conclusion, url }: CheckRun): CheckState => {
  if (status !== 'completed') return { name, kind: 'running', state: status, url }
  const state = conclusion ?? 'without conclusion'
  return { name, kind: state === 'success' ? 'passed' : 'failed', state, url }
}

const stateOfStatus = (name: string, state: string, url: string | undefined): CheckState => {
  const kind = state === 'success' ? 'passed' : state === 'pending' ? 'running' : 'failed'
  return { name, kind, state, url }
}

const SEVERITY = ['failed', 'absent', 'running', 'passed'] as const

const isOwn = ({ url, detailsUrl }: CheckRun, ownRun: string | undefined): boolean =>
  ownRun !== undefined && [url, detailsUrl].some(address => address?.includes(`/actions/runs/${ownRun}/`))

/** A name may be that of a status, of check runs, or of both; then all must have passed, and the worst counts. */
const worst = (name: string, states: readonly CheckState[]): CheckState =>
  SEVERITY.flatMap(kind => states.find(state => state.kind === kind) ?? [])[0] ?? {
    name,
    kind: 'absent',
    state: 'not found',
    url: undefined,
  }

/** One line of a check, for people. */
export const describeCheck = ({ name, state, url }: CheckState): string =>
  `${name}: ${state}${url === undefined ? '' : ` (${url})`}`

/** How checks stand, in one line. */
export const checksInShort = (states: readonly CheckState[]): string =>
  states.map(({ name, state }) => `${name}: ${state}`).join(', ')

/** The longest wait for GitHub's rate limit in all, in milliseconds; its hourly limit may ask for more. */
const PATIENCE = 15 * 60_000

/**
 * Reads again after the time for which GitHub asks to be left alone; that grows while it goes on asking.
 * Throws `checks-unreadable` if it is long.
 */
const withinRateLimit = async <T>(
  read: () => Promise<T>,
  { log, clock }: { log: Log; clock: Clock },
): Promise<T> => {
  let waited = 0
  for (let times = 0; ; times += 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof RateLimitError)) throw error
      const wait = error.wait * 2 ** times
      if (waited + wait > PATIENCE) {
        throw new ReleaseError('checks-unreadable', {
          what: `The checks can not be read: ${error.message} for another ${forPeople(error.wait)}.`,
          wayOut:
            'Run the job again after that, or give the input github-token a token with a limit of its own.',
        })
      }
      log.info(`GitHub: ${error.message}, asking again in ${forPeople(wait)}`)
      await clock.sleep(wait)
      waited += wait
    }
  }
}

/** Reads how the required checks stand. */
export const readChecks = async (
  gate: ChecksGate,
  client: GitHubClient,
  sha: string,
): Promise<CheckState[]> => {
  const [statuses, ...runs] = await Promise.all([
    client.statusesOf(sha),
    ...gate.names.map(name => client.checkRunsOf(sha, name)),
  ])
  return gate.names.map((name, index) =>
    worst(name, [
      ...statuses
        .filter(({ context }) => context === name)
        .map(({ state, url }) => stateOfStatus(name, state, url)),
      ...newestPerApp((runs[index] ?? []).filter(run => run.name === name && !isOwn(run, gate.ownRun))).map(
        stateOfRun,
      ),
    ]),
  )
}

/** Makes sure that the checks of the git tag can be read at all. Throws `checks-unreadable`. */
export const requireReadableChecks = async (
  gate: ChecksGate,
  gitTag: string,
  { transport, log, clock }: { transport: Transport; log: Log; clock: Clock },
): Promise<void> => {
  const client = new GitHubClient(transport, gate.repository)
  await withinRateLimit(async () => readChecks(gate, client, await client.commitOf(gitTag)), { log, clock })
}

/**
 * Waits until every required check has passed or one has failed, at most as long as the gate says. Gives back
 * how they stand then.
 *
 * Throws `checks-unreadable`.
 */
export const awaitChecks = async (
  gate: ChecksGate,
  gitTag: string,
  { transport, log, clock }: { transport: Transport; log: Log; clock: Clock },
): Promise<readonly CheckState[]> => {
  const client = new GitHubClient(transport, gate.repository)
  let sha: string | undefined
  let states: readonly CheckState[] = []
  await waitFor(
    async () => {
      states = await withinRateLimit(
        async () => {
          sha ??= await client.commitOf(gitTag)
          return readChecks(gate, client, sha)
        },
        { log, clock },
      )
      const over =
        states.some(({ kind }) => kind === 'failed') || states.every(({ kind }) => kind === 'passed')
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
  for (const state of states) log.info(describeCheck(state))
  return states
}
