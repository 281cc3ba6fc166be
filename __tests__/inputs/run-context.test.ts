import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRunContext } from '../../src/inputs/run-context.ts'
import { temporaryFolder, write } from './order.ts'

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
  isConfined: true,
}

const onTag = {
  GITHUB_REF_TYPE: 'tag',
  GITHUB_REF_NAME: 'build/7',
  GITHUB_REF: 'refs/tags/build/7',
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
}
const page = 'https://github.com/dmwm/WMCore/actions/runs/7'
const tagContext = {
  tag: 'build/7',
  ref: 'tag build/7',
  sha: 'abc',
  repository: 'dmwm/WMCore',
  repositoryUrl: 'https://github.com/dmwm/WMCore',
  apiUrl: 'https://api.github.com',
  runId: '7',
  recorded: { actor: 'amaltaro', run: page, environment: 'github-hosted' },
  workspace: '/work',
  temporary: '/temporary',
}

const events = temporaryFolder()
write(events, { release: '{"release":{"tag_name":"2.3.4"}}', broken: '{"release":' })
const release = { GITHUB_EVENT_NAME: 'release', GITHUB_EVENT_PATH: join(events, 'release') }

test.each<{ run: string; env: NodeJS.ProcessEnv; context: object }>([
  { run: 'outside of GitHub', env: {}, context: {} },
  { run: 'on a tag', env: onTag, context: tagContext },
  {
    run: 'of a workflow that hands on digests at which nobody has looked',
    env: { STABLE_RELEASE_LOOKED_AT: 'false' },
    context: { isLookedAt: false },
  },
  {
    run: 'on a branch',
    env: { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: '2.3.4' },
    context: { ref: 'branch 2.3.4' },
  },
  {
    run: 'with empty variables',
    env: { ...Object.fromEntries(Object.keys(onTag).map(name => [name, ''])), GITHUB_REF_TYPE: 'tag' },
    context: {},
  },
  {
    run: 'again, by somebody else, for an environment',
    env: {
      ...onTag,
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_TRIGGERING_ACTOR: 'todor',
      STABLE_RELEASE_ENVIRONMENT: 'production',
    },
    context: {
      ...tagContext,
      recorded: { actor: 'todor', run: `${page}/attempts/2`, environment: 'production' },
    },
  },
  {
    run: 'of a server that does not say of which type a ref is',
    env: { GITHUB_REF: 'refs/tags/build/7' },
    context: { tag: 'build/7', ref: 'tag build/7' },
  },
  { run: 'on a branch, of such a server', env: { GITHUB_REF: 'refs/heads/7' }, context: { ref: 'ref 7' } },
  {
    run: 'for a release, without its git ref',
    env: { ...release, GITHUB_REF: '', GITHUB_REF_NAME: '', GITHUB_REF_TYPE: 'branch' },
    context: { tag: '2.3.4', ref: 'tag 2.3.4' },
  },
  {
    run: 'for a release, with its git ref',
    env: { ...release, GITHUB_REF: 'refs/tags/1', GITHUB_REF_NAME: '1', GITHUB_REF_TYPE: 'tag' },
    context: { tag: '1', ref: 'tag 1' },
  },
  {
    run: 'for a release whose event is not readable',
    env: { ...release, GITHUB_EVENT_PATH: join(events, 'broken') },
    context: {},
  },
  { run: 'of another event', env: { ...release, GITHUB_EVENT_NAME: 'push' }, context: {} },
  {
    run: 'with half an address',
    env: { GITHUB_REPOSITORY: 'dmwm/WMCore', GITHUB_RUN_ID: '7' },
    context: { repository: 'dmwm/WMCore', runId: '7' },
  },
])('a run $run', ({ env, context }) => {
  expect(readRunContext(env, '/here')).toEqual({ ...nothing, ...context })
})
