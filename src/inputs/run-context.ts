import { oneLine } from '../text.ts'

/** Who runs this, and where, as far as the CI says so: for records. */
export interface RecordedRun {
  /** Who started the run. */
  readonly actor: string | undefined
  /** The address of the run. */
  readonly run: string | undefined
  /** The environment that it deploys to, or else the kind of machine. */
  readonly environment: string | undefined
}

/** What a CI says of the run. Outside of GitHub much is missing. */
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
  readonly recorded: RecordedRun
  /** Whether somebody has looked at the images whose digests are given, and not a job read them from the registry. */
  readonly isLookedAt: boolean
  /** The directory that relative paths start from. */
  readonly workspace: string
  /** The directory for files that end with the job. */
  readonly temporary: string | undefined
  /** Whether paths must stay in these two: who may change a workflow's inputs may not read the runner's files. */
  readonly isConfined: boolean
}

/** The variable in which a workflow names the environment of its job: GitHub tells no step. */
export const ENVIRONMENT_VARIABLE = 'STABLE_RELEASE_ENVIRONMENT'

/**
 * Reads the context of a workflow's run. Without a workspace, paths start from `directory`.
 *
 * Source: GitHub documentation, "Default environment variables".
 */
export function readRunContext(env: NodeJS.ProcessEnv, directory: string): RunContext {
  const refName = env.GITHUB_REF_NAME || undefined
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: runId } = env
  const repositoryUrl = server && repository ? `${server}/${repository}` : undefined
  const attempt = env.GITHUB_RUN_ATTEMPT ?? '1'
  const page = `${repositoryUrl}/actions/runs/${runId}${attempt === '1' ? '' : `/attempts/${attempt}`}`
  return {
    tag: env.GITHUB_REF_TYPE === 'tag' ? refName : undefined,
    ref: refName === undefined ? 'no git ref' : oneLine(`${env.GITHUB_REF_TYPE ?? 'ref'} ${refName}`),
    sha: env.GITHUB_SHA || undefined,
    repositoryUrl,
    repository: repository || undefined,
    apiUrl: env.GITHUB_API_URL || undefined,
    runId: runId || undefined,
    recorded: {
      // Whoever runs a run again is another than who ran it first.
      actor: env.GITHUB_TRIGGERING_ACTOR || env.GITHUB_ACTOR || undefined,
      run: repositoryUrl && runId ? page : undefined,
      environment: env[ENVIRONMENT_VARIABLE] || env.RUNNER_ENVIRONMENT || undefined,
    },
    isLookedAt: env.STABLE_RELEASE_LOOKED_AT !== 'false',
    workspace: env.GITHUB_WORKSPACE || directory,
    temporary: env.RUNNER_TEMP || undefined,
    isConfined: true,
  }
}
