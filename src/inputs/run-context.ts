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
  /** The directory that relative paths start from. */
  readonly workspace: string
  /** The runner's directory for files that end with the job. */
  readonly temporary: string | undefined
}

const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/**
 * Reads the context of the run. Without a workspace, paths start from `directory`.
 *
 * Source: GitHub documentation, "Default environment variables".
 */
export const readRunContext = (env: NodeJS.ProcessEnv, directory: string): RunContext => {
  const refName = present(env.GITHUB_REF_NAME)
  const server = present(env.GITHUB_SERVER_URL)
  const repository = present(env.GITHUB_REPOSITORY)
  return {
    tag: env.GITHUB_REF_TYPE === 'tag' ? refName : undefined,
    ref: refName === undefined ? 'no git ref' : oneLine(`${env.GITHUB_REF_TYPE ?? 'ref'} ${refName}`),
    sha: present(env.GITHUB_SHA),
    repositoryUrl: server === undefined || repository === undefined ? undefined : `${server}/${repository}`,
    repository,
    apiUrl: present(env.GITHUB_API_URL),
    runId: present(env.GITHUB_RUN_ID),
    workspace: present(env.GITHUB_WORKSPACE) ?? directory,
    temporary: present(env.RUNNER_TEMP),
  }
}
