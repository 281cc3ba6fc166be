import { userInfo } from 'node:os'
import { ENVIRONMENT_VARIABLE, type RunContext, readRunContext } from '../inputs/run-context.ts'
import { BY_HAND } from '../record/promotion.ts'

const GITHUB = 'https://github.com'
const GITHUB_API = 'https://api.github.com'

/** The variables of GitHub Actions that say what a run is for. */
const OF_RUN = [
  'GITHUB_REF_TYPE',
  'GITHUB_REF_NAME',
  'GITHUB_SHA',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_ACTOR',
  'GITHUB_TRIGGERING_ACTOR',
  'RUNNER_ENVIRONMENT',
] as const

/** The variables of GitHub Actions that say where the repository is; somebody may set them elsewhere, too. */
const OF_REPOSITORY = ['GITHUB_REPOSITORY', 'GITHUB_SERVER_URL', 'GITHUB_API_URL'] as const

const some = (env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(names.flatMap(name => (env[name] ? [[name, env[name]]] : [])))

/** Who is logged in on this machine, as far as it knows. */
const userOf = (env: NodeJS.ProcessEnv): string | undefined => {
  try {
    return env.USER || env.LOGNAME || userInfo().username
  } catch {
    // A user without an entry has no name.
    return undefined
  }
}

/**
 * What a CI says of the run that a call is a part of: which repository the git tag is of, and the commit of the git tag that
 * the run is for. Its directories, files and inputs have no part in a call.
 *
 * Source: GitHub documentation, "Default environment variables"; GitLab documentation, "Predefined CI/CD variables".
 */
export const ciContext = (env: NodeJS.ProcessEnv, directory: string): RunContext => {
  if (env.GITLAB_CI === 'true') {
    const { CI_COMMIT_TAG: tag, CI_COMMIT_SHA: sha, CI_PROJECT_URL: repositoryUrl } = env
    const recorded = {
      actor: env.GITLAB_USER_LOGIN,
      run: env.CI_JOB_URL,
      environment: env[ENVIRONMENT_VARIABLE] ?? env.CI_ENVIRONMENT_NAME,
    }
    return { ...readRunContext({}, directory), tag, sha, repositoryUrl, recorded }
  }
  const isRun = env.GITHUB_ACTIONS === 'true'
  const context = readRunContext(
    {
      ...(env.GITHUB_REPOSITORY ? { GITHUB_SERVER_URL: GITHUB, GITHUB_API_URL: GITHUB_API } : {}),
      ...some(env, OF_REPOSITORY),
      ...some(env, [ENVIRONMENT_VARIABLE]),
      ...(isRun ? some(env, OF_RUN) : {}),
    },
    directory,
  )
  // By hand it is whoever is logged in.
  if (isRun) return context
  const { recorded } = context
  const environment = env[ENVIRONMENT_VARIABLE] || BY_HAND
  return {
    ...context,
    recorded: { ...recorded, actor: userOf(env), environment },
  }
}
