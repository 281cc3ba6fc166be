import { ReleaseError } from '../errors.ts'
import { type GitHubClient, type GitHubRepository, openGitHub } from '../github/client.ts'
import { GitHubError } from '../github/failure.ts'
import { duration } from '../text.ts'
import { type CheckState, checkStateOf, checksInFull } from './check-state.ts'
import { type GatePorts, waitFor } from './wait.ts'

export interface ChecksGate {
  readonly repository: GitHubRepository
  /** Names of commit statuses or check runs. */
  readonly names: readonly string[]
  /** In milliseconds. */
  readonly timeout: number
  /** A run's own jobs can't have passed yet. */
  readonly ownRun: string | undefined
}

interface Tag {
  readonly gitTag: string
  /** Its commit, if known; the git tag may have moved. */
  readonly revision: string | undefined
}

export function waitForChecks(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<readonly CheckState[]> {
  return ports.log.stage('Check what is required', async conclude => {
    const states = await awaitChecks(gate, tag, ports)
    const open = openChecks(states)
    conclude(checksInFull(open.length > 0 ? open : states), open.length > 0 ? 'failed' : undefined)
    return states
  })
}

/** Waits until all have passed or one has failed. Throws `github-unreadable` or `invalid-input`, as all here. */
export async function awaitChecks(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<CheckState[]> {
  const sha = await commitToCheck(gate, tag, ports)
  const again = (states: CheckState[]) =>
    states.some(({ kind }) => kind === 'failed') || openChecks(states).length === 0 ? undefined : {}
  const { seen } = await waitFor(
    { what: `the checks ${gate.names.join(', ')}`, timeout: gate.timeout },
    { look: () => readChecks(gate, sha, ports), again },
    ports,
  )
  return seen
}

export function openChecks(states: readonly CheckState[]): readonly CheckState[] {
  return states.filter(({ kind }) => kind !== 'passed')
}

export function checksNotPassed(gitTag: string, open: readonly CheckState[]): ReleaseError {
  return new ReleaseError('checks-not-passed', {
    what: `The stable tags of ${gitTag} are not written: ${checksInFull(open)}.`,
    remedy: REMEDIES.find(([kind]) => open.some(each => each.kind === kind))?.[1] ?? '',
  })
}

const REMEDIES = [
  ['failed', 'Find out what failed; run this again when it has passed.'],
  ['absent', 'Check the names in require-checks; what is not found may not have started.'],
  ['running', 'Run it again when they have passed; checks-timeout waits for them.'],
] as const

export async function requireReadableChecks(gate: ChecksGate, tag: Tag, ports: GatePorts) {
  await readChecks(gate, await commitToCheck(gate, tag, ports), ports)
}

export async function commitToCheck(gate: ChecksGate, tag: Tag, ports: GatePorts): Promise<string> {
  return tag.revision ?? ask(gate, ports, github => github.commitOf(tag.gitTag))
}

function readChecks(gate: ChecksGate, sha: string, ports: GatePorts) {
  return ask(gate, ports, async github => {
    const [statuses, all] = await Promise.all([github.statusesOf(sha), github.checkRunsOf(sha)])
    const own = `/actions/runs/${gate.ownRun}/`
    const runs = all.filter(({ url, detailsUrl }) => !`${url} ${detailsUrl}`.includes(own))
    return gate.names.map(name => checkStateOf(name, statuses, runs))
  })
}

/** After GitHub's rate limit again, each time later. */
async function ask<T>(
  { repository, timeout }: ChecksGate,
  { transport, log, clock }: GatePorts,
  question: (github: GitHubClient) => Promise<T>,
) {
  const permissions = ['contents: read', 'checks: read', 'statuses: read']
  const github = await openGitHub(repository, { transport, permissions })
  // GitHub means a minute if it names no time.
  let left = Math.max(timeout, 60_000)
  for (let factor = 1; ; factor *= 2) {
    try {
      return await question(github)
    } catch (error) {
      if (!(error instanceof GitHubError) || error.wait === undefined) throw error
      const wait = error.wait * factor
      if (wait > left) throw error
      log.info(`GitHub's rate limit is used up, asking again in ${duration(wait)}`)
      await clock.sleep(wait)
      left -= wait
    }
  }
}
