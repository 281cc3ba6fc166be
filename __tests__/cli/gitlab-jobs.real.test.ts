import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCall } from '../../src/cli/arguments.ts'
import { problemsOf } from '../policy/policy-of.ts'
import { runProgram } from './bundle.ts'

const example = new URL('../../examples/release.gitlab-ci.yml', import.meta.url)
const { variables, '.program': base, ...jobs } = parse(readFileSync(example, 'utf8'))

// Source: GitLab, "Predefined CI/CD variables". The last one is in lower case, whatever the project is.
const predefined = {
  CI_COMMIT_TAG: 'v2.3.4',
  CI_REGISTRY_USER: 'gitlab-ci-token',
  CI_REGISTRY_PASSWORD: 'hush',
  CI_REGISTRY: 'gitlab.example:5050',
  CI_REGISTRY_IMAGE: 'gitlab.example:5050/group/project',
}

function runJob(name: string, env: NodeJS.ProcessEnv = predefined) {
  const script: string[] = [...base.before_script, ...jobs[name].script]
  const programs = 'apk() { :; }; wget() { :; }; node() { shift; printf "%s\\0" "$@"; }'
  return runProgram('sh', ['-euc', [programs, ...script].join('\n')], { env: { ...variables, ...env } })
}

test.each([
  { job: 'release', command: 'release', stable: 'on-promotion' },
  { job: 'stable', command: 'promote', stable: 'on-release' },
])('the job $job has its call, and shows no password', ({ job, ...expected }) => {
  const { status, stdout } = runJob(job)
  expect(status).toBe(0)
  const { command, texts } = readCall(stdout.split('\0').slice(0, -1))
  expect({ ...texts, command }).toMatchObject({
    ...expected,
    service: 'web',
    tag: 'v2.3.4',
    registry: 'gitlab.example:5050',
    project: 'group/project',
    username: 'gitlab-ci-token',
  })
  expect(problemsOf(texts.policy)).toEqual([])
  expect(stdout).not.toContain('hush')
})

test('without a registry of the project, nothing is released', () => {
  expect(runJob('release', { ...predefined, CI_REGISTRY_IMAGE: '' })).toMatchObject({ status: 1, stdout: '' })
})
