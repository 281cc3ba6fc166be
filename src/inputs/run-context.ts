import type { RecordedRun } from '../record/promotion.ts'
import { oneLine } from '../text.ts'

/** What GitHub says of the run, from its default environment variables. Outside of GitHub much is missing. */
export interface RunContext {
  /** The git tag that the run is for, if it is for one. */
  readonly tag: string | undefined
  /** What the run is for, in words, for messages. */
  readonly ref: string
  /** The commit of the run. */
  readonly sha: string | undefined
  /** The address of the repository's page. */
  readonly repositoryUrl: string | undefined
  /** `owner/name`. */
  readonly repository: string | undefined
  /** The address of the REST API, of github.com or of a GitHub Enterprise Server. */
  readonly apiUrl: string | undefined
  /** The number of the workflow run. */
  readonly runId: string | undefined
  /** Who started the run, where, and for which environment, for records. */
  readonly recorded: RecordedRun
  /** Whether somebody has looked at the images whose digests are given; a workflow that has read them says no. */
  readonly isLookedAt: boolean
  /** The directory that relative paths start from. */
  readonly workspace: string
  /** The runner's directory for files that end with the job. */
  readonly temporary: string | undefined
}

const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** The variable in which a workflow names the environment of its job: GitHub tells no step. */
export const ENVIRONMENT_VARIABLE = 'STABLE_RELEASE_ENVIRONMENT'

/** The page of the run, of its attempt if it is not the first. */
const runPage = (
  repositoryUrl: string,
  { GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT = '1' }: NodeJS.ProcessEnv,
): string =>
  `${repositoryUrl}/actions/runs/${GITHUB_RUN_ID}${GITHUB_RUN_ATTEMPT === '1' ? '' : `/attempts/${GITHUB_RUN_ATTEMPT}`}`

/**
 * Reads the context of the run. Without a workspace, paths start from `directory`.
 *
 * Source: GitHub documentation, "Default environment variables".
 */
export const readRunContext = (env: NodeJS.ProcessEnv, directory: string): RunContext => {
  const refName = present(env.GITHUB_REF_NAME)
  const server = present(env.GITHUB_SERVER_URL)
  const repository = present(env.GITHUB_REPOSITORY)
  const repositoryUrl =
    server === undefined || repository === undefined ? undefined : `${server}/${repository}`
  return {
    tag: env.GITHUB_REF_TYPE === 'tag' ? refName : undefined,
    ref: refName === undefined ? 'no git ref' : oneLine(`${env.GITHUB_REF_TYPE ?? 'ref'} ${refName}`),
    sha: present(env.GITHUB_SHA),
    repositoryUrl,
    repository,
    apiUrl: present(env.GITHUB_API_URL),
    runId: present(env.GITHUB_RUN_ID),
    recorded: {
      // Whoever runs a run again is another than who ran it first.
      actor: present(env.GITHUB_TRIGGERING_ACTOR) ?? present(env.GITHUB_ACTOR),
      run: repositoryUrl === undefined || !env.GITHUB_RUN_ID ? undefined : runPage(repositoryUrl, env),
      environment: present(env[ENVIRONMENT_VARIABLE]) ?? present(env.RUNNER_ENVIRONMENT),
    },
    isLookedAt: env.STABLE_RELEASE_LOOKED_AT !== 'false',
    workspace: present(env.GITHUB_WORKSPACE) ?? directory,
    temporary: present(env.RUNNER_TEMP),
  }
}
