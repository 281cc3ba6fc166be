import type { RecordedRun } from '../registry/promotion-record.ts'
import { oneLine } from '../text.ts'

/** What a CI says of the run. */
export interface RunContext {
  readonly tag: string | undefined
  /** What the run is for, for people. */
  readonly ref: string
  readonly sha: string | undefined
  readonly repositoryUrl: string | undefined
  /** `owner/name`. */
  readonly repository: string | undefined
  readonly apiUrl: string | undefined
  readonly runId: string | undefined
  readonly recorded: RecordedRun
  /** Whether a person has looked at the images whose digests are given. */
  readonly isLookedAt: boolean
  readonly workspace: string
  readonly temporary: string | undefined
  /** Whether paths must stay in these two: who gives inputs may not read the runner's other files. */
  readonly isConfined: boolean
}

/** In it a workflow names the environment of its job: GitHub tells no step. */
export const ENVIRONMENT_VARIABLE = 'STABLE_RELEASE_ENVIRONMENT'

/** Source: GitHub documentation, "Default environment variables". */
export function readRunContext(env: NodeJS.ProcessEnv, directory: string): RunContext {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: runId } = env
  const { GITHUB_REF_TYPE: refType, GITHUB_REF_NAME: refName, GITHUB_RUN_ATTEMPT: attempt = '1' } = env
  const repositoryUrl = server && repository ? `${server}/${repository}` : undefined
  const page = `${repositoryUrl}/actions/runs/${runId}${attempt === '1' ? '' : `/attempts/${attempt}`}`
  return {
    tag: refType === 'tag' && refName ? refName : undefined,
    ref: refName ? oneLine(`${refType ?? 'ref'} ${refName}`) : 'no git ref',
    sha: env.GITHUB_SHA || undefined,
    repositoryUrl,
    repository: repository || undefined,
    apiUrl: env.GITHUB_API_URL || undefined,
    runId: runId || undefined,
    recorded: {
      // GITHUB_ACTOR is who ran it first.
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
