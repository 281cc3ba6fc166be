import { readFileSync } from 'node:fs'
import { field, parseJson } from '../json.ts'
import type { RecordedRun } from '../registry/promotion-record.ts'
import { oneLine } from '../text.ts'

export interface RunContext {
  readonly tag: string | undefined
  /** For people. */
  readonly ref: string
  readonly sha: string | undefined
  readonly repositoryUrl: string | undefined
  /** `owner/name`. */
  readonly repository: string | undefined
  readonly apiUrl: string | undefined
  readonly runId: string | undefined
  readonly recorded: RecordedRun
  /** At the images whose digests are given. */
  readonly isLookedAt: boolean
  readonly workspace: string
  readonly temporary: string | undefined
  /** To these two: inputs may not lead to the runner's other files. */
  readonly isConfined: boolean
  /** For an input that asks for it. */
  readonly stdin?: string | undefined
}

/** Names the environment of the job, which GitHub tells no step. */
export const ENVIRONMENT_VARIABLE = 'STABLE_RELEASE_ENVIRONMENT'

/** Source: GitHub documentation, "Default environment variables". */
export function readRunContext(env: NodeJS.ProcessEnv, directory: string): RunContext {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env
  const { GITHUB_RUN_ID: runId, GITHUB_RUN_ATTEMPT: attempt = '1' } = env
  const { type, name } = refOf(env)
  const repositoryUrl = server && repository ? `${server}/${repository}` : undefined
  const page = `${repositoryUrl}/actions/runs/${runId}${attempt === '1' ? '' : `/attempts/${attempt}`}`
  return {
    tag: type === 'tag' && name ? name : undefined,
    ref: name ? oneLine(`${type} ${name}`) : 'no git ref',
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

function refOf(env: NodeJS.ProcessEnv) {
  const { GITHUB_REF: ref = '', GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path } = env
  // A release event's GITHUB_REF is empty now and then: actions/runner, issue 2788.
  if (ref === '' && event === 'release' && path) {
    const name = field(parseJson(readFileSync(path, 'utf8')), 'release', 'tag_name')
    if (typeof name === 'string') return { type: 'tag', name }
  }
  // Not every server gives type and name.
  return {
    type: env.GITHUB_REF_TYPE || (ref.startsWith('refs/tags/') ? 'tag' : 'ref'),
    name: env.GITHUB_REF_NAME || ref.replace(/^refs\/(?:tags|heads)\//, ''),
  }
}
