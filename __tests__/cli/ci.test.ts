import { expect, test } from 'vitest'
import { ciContext } from '../../src/cli/ci.ts'

const SHA = 'a'.repeat(40)
const none = {
  tag: undefined,
  sha: undefined,
  repository: undefined,
  repositoryUrl: undefined,
  apiUrl: undefined,
}
const wmcore = {
  repository: 'dmwm/WMCore',
  repositoryUrl: 'https://github.com/dmwm/WMCore',
  apiUrl: 'https://api.github.com',
}

test.each<{ what: string; env: NodeJS.ProcessEnv; is: object }>([
  { what: 'no CI', env: {}, is: none },
  {
    what: 'a run of GitHub Actions for a git tag',
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '2.3.4',
      GITHUB_SHA: SHA,
      GITHUB_REPOSITORY: 'dmwm/WMCore',
      GITHUB_SERVER_URL: 'https://ghe.example.org',
      GITHUB_API_URL: 'https://ghe.example.org/api/v3',
      GITHUB_WORKSPACE: '/elsewhere',
      RUNNER_TEMP: '/elsewhere',
    },
    is: {
      tag: '2.3.4',
      sha: SHA,
      repository: 'dmwm/WMCore',
      repositoryUrl: 'https://ghe.example.org/dmwm/WMCore',
      apiUrl: 'https://ghe.example.org/api/v3',
    },
  },
  {
    what: 'a run of GitHub Actions for a branch',
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_REF_TYPE: 'branch',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: SHA,
      GITHUB_REPOSITORY: 'dmwm/WMCore',
    },
    is: { tag: undefined, sha: SHA, ...wmcore },
  },
  {
    what: 'a repository that somebody names',
    env: {
      GITHUB_REPOSITORY: 'dmwm/WMCore',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '9.9.9',
      GITHUB_SHA: SHA,
    },
    is: { ...none, ...wmcore },
  },
  { what: 'an empty name', env: { GITHUB_REPOSITORY: '' }, is: none },
  {
    what: 'a pipeline of GitLab for a git tag',
    env: {
      GITLAB_CI: 'true',
      CI_COMMIT_TAG: 'v3.1',
      CI_COMMIT_SHA: SHA,
      CI_PROJECT_URL: 'https://gitlab.cern.ch/crab3/CRABServer',
    },
    is: { ...none, tag: 'v3.1', sha: SHA, repositoryUrl: 'https://gitlab.cern.ch/crab3/CRABServer' },
  },
])('$what', ({ env, is }) => {
  expect(ciContext(env, '/here')).toMatchObject({ ...is, workspace: '/here', temporary: undefined })
})
