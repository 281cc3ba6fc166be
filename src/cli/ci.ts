import { userInfo } from 'node:os'
import { ENVIRONMENT_VARIABLE, type RunContext, readRunContext } from '../inputs/run-context.ts'
import { BY_HAND } from '../registry/promotion-record.ts'

/** The run that a call belongs to. Source: GitLab, "Predefined CI/CD variables". */
export function ciContext(env: NodeJS.ProcessEnv, directory: string): RunContext {
  const place = { workspace: directory, temporary: undefined, isConfined: false }
  const none = { ...readRunContext({}, directory), ...place }
  if (env.GITLAB_CI === 'true') {
    const { CI_COMMIT_TAG: tag, CI_COMMIT_SHA: sha, CI_PROJECT_URL: repositoryUrl } = env
    const environment = env[ENVIRONMENT_VARIABLE] ?? env.CI_ENVIRONMENT_NAME
    const recorded = { actor: env.GITLAB_USER_LOGIN, run: env.CI_JOB_URL, environment }
    return { ...none, tag, sha, repositoryUrl, recorded }
  }
  const server = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_API_URL: 'https://api.github.com' }
  const github = readRunContext({ ...(env.GITHUB_REPOSITORY ? server : {}), ...env }, directory)
  if (env.GITHUB_ACTIONS === 'true') return { ...github, ...place }
  const { repository, repositoryUrl, apiUrl } = github
  const recorded = { actor: userOf(env), run: undefined, environment: env[ENVIRONMENT_VARIABLE] || BY_HAND }
  return { ...none, repository, repositoryUrl, apiUrl, recorded }
}

function userOf(env: NodeJS.ProcessEnv) {
  try {
    return env.USER || env.LOGNAME || userInfo().username
  } catch {
    // There may be no entry in passwd.
    return undefined
  }
}
