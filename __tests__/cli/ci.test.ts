import { expect, test } from 'vitest'
import { ciContext } from '../../src/cli/ci.ts'

const sha = 'a'.repeat(40)
const nothing = {
  tag: undefined,
  sha: undefined,
  repository: undefined,
  repositoryUrl: undefined,
  apiUrl: undefined,
  runId: undefined,
}
const wmcore = {
  repository: 'dmwm/WMCore',
  repositoryUrl: 'https://github.com/dmwm/WMCore',
  apiUrl: 'https://api.github.com',
}
const byHand = { actor: 'me', run: undefined, environment: 'by hand' }
const variables = {
  USER: 'me',
  GITHUB_REF_TYPE: 'tag',
  GITHUB_REF_NAME: '2.3.4',
  GITHUB_SHA: sha,
  GITHUB_REPOSITORY: 'dmwm/WMCore',
  GITHUB_RUN_ID: '7',
  GITHUB_ACTOR: 'amaltaro',
  RUNNER_ENVIRONMENT: 'self-hosted',
  // What says where files are has no part in a call.
  GITHUB_WORKSPACE: '/elsewhere',
  RUNNER_TEMP: '/elsewhere',
}
const github = { ...variables, GITHUB_ACTIONS: 'true' }
const recorded = {
  actor: 'amaltaro',
  run: `${wmcore.repositoryUrl}/actions/runs/7`,
  environment: 'self-hosted',
}
const ghe = { GITHUB_SERVER_URL: 'https://ghe.example', GITHUB_API_URL: 'https://ghe.example/api/v3' }
const page = 'https://gitlab.cern.ch/crab3/CRABServer'
const gitlab = {
  GITLAB_CI: 'true',
  CI_COMMIT_TAG: 'v3.1',
  CI_COMMIT_SHA: sha,
  CI_PROJECT_URL: page,
  GITLAB_USER_LOGIN: 'belforte',
  CI_JOB_URL: `${page}/-/jobs/1`,
  CI_ENVIRONMENT_NAME: 'production',
}

test.each<[what: string, env: NodeJS.ProcessEnv, is: object]>([
  ['no CI', { USER: 'me' }, { ...nothing, recorded: byHand }],
  ['GitHub, for a git tag', github, { ...wmcore, tag: '2.3.4', sha, runId: '7', recorded }],
  ['GitHub, for a branch', { ...github, GITHUB_REF_TYPE: 'branch' }, { ...wmcore, tag: undefined, sha }],
  [
    'a GitHub Enterprise Server',
    { ...github, ...ghe },
    { repositoryUrl: 'https://ghe.example/dmwm/WMCore', apiUrl: 'https://ghe.example/api/v3' },
  ],
  ['a repository that somebody names', variables, { ...nothing, ...wmcore, recorded: byHand }],
  ['an empty name', { USER: 'me', GITHUB_REPOSITORY: '' }, nothing],
  [
    'GitLab, for a git tag',
    { ...variables, ...gitlab },
    {
      ...{ ...nothing, tag: 'v3.1', sha, repositoryUrl: page },
      recorded: { actor: 'belforte', run: `${page}/-/jobs/1`, environment: 'production' },
    },
  ],
])('%s', (_, env, is) => {
  const place = { workspace: '/here', temporary: undefined, isConfined: false }
  expect(ciContext(env, '/here')).toMatchObject({ ...is, ...place })
})
