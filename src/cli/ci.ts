import { userInfo } from 'node:os'
import { BY_HAND } from '../commands/record-content.ts'
import { ENVIRONMENT_VARIABLE, type RunContext, readRunContext } from '../inputs/run-context.ts'

/** The variables of GitHub Actions that say where the repository is; somebody may set them elsewhere, too. */
const OF_REPOSITORY = ['GITHUB_REPOSITORY', 'GITHUB_SERVER_URL', 'GITHUB_API_URL', ENVIRONMENT_VARIABLE]

/** Those that say what a run is for. */
const OF_RUN = [
  'GITHUB_REF_TYPE',
  'GITHUB_REF_NAME',
  'GITHUB_SHA',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_ACTOR',
  'GITHUB_TRIGGERING_ACTOR',
  'RUNNER_ENVIRONMENT',
]

/**
 * What a CI says of the run that a call is a part of: which repository the git tag is of, and the commit of the git tag that
 * the run is for. Its directories, files and inputs have no part in a call.
 *
 * Source: GitHub documentation, "Default environment variables"; GitLab documentation, "Predefined CI/CD variables".
 */
export function ciContext(env: NodeJS.ProcessEnv, directory: string): RunContext {
  const isConfined = false
  if (env.GITLAB_CI === 'true') {
    const { CI_COMMIT_TAG: tag, CI_COMMIT_SHA: sha, CI_PROJECT_URL: repositoryUrl } = env
    const environment = env[ENVIRONMENT_VARIABLE] ?? env.CI_ENVIRONMENT_NAME
    const recorded = { actor: env.GITLAB_USER_LOGIN, run: env.CI_JOB_URL, environment }
    return { ...readRunContext({}, directory), tag, sha, repositoryUrl, recorded, isConfined }
  }
  const isRun = env.GITHUB_ACTIONS === 'true'
  const names = isRun ? [...OF_REPOSITORY, ...OF_RUN] : OF_REPOSITORY
  const server = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_API_URL: 'https://api.github.com' }
  const own = Object.fromEntries(names.flatMap(name => (env[name] ? [[name, env[name]]] : [])))
  const context = readRunContext({ ...(env.GITHUB_REPOSITORY ? server : {}), ...own }, directory)
  const { recorded } = context
  // By hand it is whoever is logged in.
  const byHand = { ...recorded, actor: userOf(env), environment: env[ENVIRONMENT_VARIABLE] || BY_HAND }
  return { ...context, recorded: isRun ? recorded : byHand, isConfined }
}

/** Who is logged in on this machine, as far as it knows. */
function userOf(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return env.USER || env.LOGNAME || userInfo().username
  } catch {
    // A user without an entry has no name.
    return undefined
  }
}
