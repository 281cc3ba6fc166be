import { expect, test } from 'vitest'
import { readRunContext } from '../../src/inputs/run-context.ts'

const nothing = {
  tag: undefined,
  ref: 'no git ref',
  sha: undefined,
  repository: undefined,
  repositoryUrl: undefined,
  apiUrl: undefined,
  runId: undefined,
  recorded: { actor: undefined, run: undefined, environment: undefined },
  isLookedAt: true,
  workspace: '/here',
  temporary: undefined,
}

test.each([
  { run: 'outside of GitHub', env: {}, context: nothing },
  {
    run: 'on a tag',
    env: {
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '2.3.4',
      GITHUB_REF: 'refs/tags/2.3.4',
      GITHUB_SHA: 'abc',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'dmwm/WMCore',
      GITHUB_API_URL: 'https://api.github.com',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_ACTOR: 'amaltaro',
      RUNNER_ENVIRONMENT: 'github-hosted',
      GITHUB_WORKSPACE: '/work',
      RUNNER_TEMP: '/temporary',
    },
    context: {
      tag: '2.3.4',
      ref: 'tag 2.3.4',
      sha: 'abc',
      repository: 'dmwm/WMCore',
      repositoryUrl: 'https://github.com/dmwm/WMCore',
      apiUrl: 'https://api.github.com',
      runId: '7',
      recorded: {
        actor: 'amaltaro',
        run: 'https://github.com/dmwm/WMCore/actions/runs/7',
        environment: 'github-hosted',
      },
      isLookedAt: true,
      workspace: '/work',
      temporary: '/temporary',
    },
  },
  {
    run: 'of a workflow that hands on digests at which nobody has looked',
    env: { STABLE_RELEASE_LOOKED_AT: 'false' },
    context: { ...nothing, isLookedAt: false },
  },
  {
    run: 'on a tag with a slash',
    env: { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'build/7' },
    context: { ...nothing, tag: 'build/7', ref: 'tag build/7' },
  },
  {
    run: 'on a branch that is named like a version',
    env: { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: '2.3.4' },
    context: { ...nothing, ref: 'branch 2.3.4' },
  },
  {
    run: 'for a pull request',
    env: { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: '12/merge' },
    context: { ...nothing, ref: 'branch 12/merge' },
  },
  {
    run: 'with empty variables',
    env: {
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '',
      GITHUB_SHA: '',
      GITHUB_REPOSITORY: '',
      GITHUB_API_URL: '',
      GITHUB_RUN_ID: '',
      GITHUB_WORKSPACE: '',
      RUNNER_TEMP: '',
    },
    context: nothing,
  },
  {
    run: 'again, by somebody else, for an environment',
    env: {
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'dmwm/WMCore',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_ACTOR: 'amaltaro',
      GITHUB_TRIGGERING_ACTOR: 'todor',
      RUNNER_ENVIRONMENT: 'github-hosted',
      STABLE_RELEASE_ENVIRONMENT: 'production',
    },
    context: {
      ...nothing,
      repository: 'dmwm/WMCore',
      repositoryUrl: 'https://github.com/dmwm/WMCore',
      runId: '7',
      recorded: {
        actor: 'todor',
        run: 'https://github.com/dmwm/WMCore/actions/runs/7/attempts/2',
        environment: 'production',
      },
    },
  },
  {
    run: 'with half an address',
    env: { GITHUB_REPOSITORY: 'dmwm/WMCore' },
    context: { ...nothing, repository: 'dmwm/WMCore' },
  },
])('a run $run', ({ env, context }) => {
  expect(readRunContext(env, '/here')).toEqual(context)
})
