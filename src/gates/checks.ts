import { ReleaseError } from '../errors.ts'
import { type GitHubClient, type GitHubRepository, openGitHub } from '../github/client.ts'
import { GitHubError } from '../github/failure.ts'
import { type CheckState, checksInFull, checkStateOf } from './check-state.ts'
import { forPeople, type GatePorts, waitFor } from './wait.ts'

/** Checks that must have passed on the commit of the git tag. */
export interface ChecksGate {
  readonly repository: GitHubRepository
  /** Names of commit statuses or check runs. */
  readonly names: readonly string[]
  /** The longest wait for those that are absent or running, in milliseconds. */
  readonly timeout: number
  /** The run that asks, whose own jobs can not have passed yet. */
  readonly ownRun: string | undefined
}

interface Tag {
  readonly gitTag: string
  /** Its commit, if the run knows it; the git tag may have moved. */
  readonly revision: string | undefined
}

/** `awaitChecks` as a stage of the run. */
export function waitForChecks(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<readonly CheckState[]> {
  return ports.log.stage('Check what is required', async conclude => {
    const states = await awaitChecks(gate, tag, ports)
    const open = openChecks(states)
    if (open.length > 0) conclude(checksInFull(open), 'failed')
    else conclude(checksInFull(states))
    return states
  })
}

/** Waits until all have passed, one has failed, or the time is over. All here throw `github-unreadable` or `invalid-input`. */
export async function awaitChecks(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<CheckState[]> {
  const { names, timeout } = gate
  const sha = await commitToCheck(gate, tag, ports)
  const isOver = (states: CheckState[]): boolean =>
    states.some(({ kind }) => kind === 'failed') || openChecks(states).length === 0
  const { seen } = await waitFor(
    { what: `the checks ${names.join(', ')}`, timeout },
    { look: () => readChecks(gate, sha, ports), again: states => (isOver(states) ? undefined : {}) },
    ports,
  )
  return seen
}

/** The checks that have not passed. */
export function openChecks(states: readonly CheckState[]): readonly CheckState[] {
  return states.filter(({ kind }) => kind !== 'passed')
}

export function checksNotPassed(gitTag: string, open: readonly CheckState[]): ReleaseError {
  return new ReleaseError('checks-not-passed', {
    what: `${gitTag} is not promoted: ${checksInFull(open)}.`,
    remedy: 'Run it again when they have passed; checks-timeout waits for them.',
  })
}

/** Makes sure that the checks can be read, and gives back their commit. */
export async function requireReadableChecks(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<string> {
  const sha = await commitToCheck(gate, tag, ports)
  await readChecks(gate, sha, ports)
  return sha
}

/** The commit whose checks count: the run's, or what GitHub says. */
export async function commitToCheck(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<string> {
  return tag.revision ?? ask(gate, ports, github => github.commitOf(tag.gitTag))
}

function readChecks(gate: ChecksGate, sha: string, ports: GatePorts): Promise<CheckState[]> {
  return ask(gate, ports, async github => {
    const [statuses, all] = await Promise.all([github.statusesOf(sha), github.checkRunsOf(sha)])
    const own = `/actions/runs/${gate.ownRun}/`
    const runs = all.filter(({ url, detailsUrl }) => !`${url} ${detailsUrl}`.includes(own))
    return gate.names.map(name => checkStateOf(name, statuses, runs))
  })
}

const PERMISSIONS = ['contents: read', 'checks: read', 'statuses: read']

/** Asks GitHub, again after its rate limit, which takes longer each time. */
async function ask<T>(
  { repository, timeout }: ChecksGate,
  { transport, log, clock }: GatePorts,
  question: (github: GitHubClient) => Promise<T>,
): Promise<T> {
  const github = await openGitHub(repository, { transport, permissions: PERMISSIONS })
  // What GitHub means if it does not say how long.
  let left = Math.max(timeout, 60_000)
  for (let factor = 1; ; factor *= 2) {
    try {
      return await question(github)
    } catch (error) {
      if (!(error instanceof GitHubError) || error.wait === undefined) throw error
      const wait = error.wait * factor
      if (wait > left) throw error
      log.info(`The rate limit of the GitHub API is used up, asking again in ${forPeople(wait)}`)
      await clock.sleep(wait)
      left -= wait
    }
  }
}
