import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCall } from '../../src/cli/arguments.ts'
import { decide } from '../../src/policy/decide.ts'
import { presets } from '../../src/policy/presets.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { policyOf } from '../policy/policy-of.ts'
import { read } from './github.ts'

const SERVICES = ['server', 'spark', 'taskworker', 'twfilebeat', 'twmonit'].map(name => `crab${name}`)
const COMMIT = 'ab'.repeat(20)
const PROJECT = 'https://gitlab.cern.ch/crab3/CRABServer'

interface Job {
  readonly extends?: string
  readonly stage?: string
  readonly needs?: readonly string[]
  readonly before_script?: readonly string[]
  readonly script?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  readonly parallel?: { readonly matrix: readonly Readonly<Record<string, string | readonly string[]>>[] }
}

const { default: _, stages, variables, ...jobs } = parse(read('examples/crabserver.gitlab-ci.yml'))
const definitions: Readonly<Record<string, Job>> = jobs

/** A job with what it has from the ones that it extends, as GitLab merges them. */
const complete = (job: Job): Job => {
  const base = job.extends === undefined ? {} : complete(definitions[job.extends] as Job)
  return { ...base, ...job, variables: { ...base.variables, ...job.variables } }
}

const visible = Object.entries(definitions)
  .filter(([name]) => !name.startsWith('.'))
  .map(([name, job]) => [name, complete(job)] as const)

/** The variables of each job of a matrix, in which a variable may have several values. */
const matrixOf = ({ parallel }: Job): Record<string, string>[] =>
  (parallel?.matrix ?? [{}]).flatMap(entry =>
    Object.entries(entry).reduce<Record<string, string>[]>(
      (jobs, [name, values]) =>
        jobs.flatMap(job => [values].flat().map(value => ({ ...job, [name]: value }))),
      [{}],
    ),
  )

/** Programs that write down how they were called, one line a call, and do nothing else. */
const programs = (): string => {
  const folder = join(temporaryFolder(), 'bin')
  mkdirSync(folder)
  for (const name of ['node', 'docker', 'wget']) {
    const path = join(folder, name)
    writeFileSync(
      path,
      `#!/bin/sh\nfor each in ${name} "$@"; do printf '%s\\t' "$each"; done >> "$CALLS"\necho >> "$CALLS"\n`,
    )
    chmodSync(path, 0o755)
  }
  return folder
}

/** Runs the scripts of a job with a shell, as GitLab does, and gives back all calls of docker and of the command line. */
const callsOf = (job: Job, matrix: Readonly<Record<string, string>>): string[][] => {
  const folder = programs()
  const calls = join(folder, 'calls')
  writeFileSync(calls, '')
  const script = [...(job.before_script ?? []), ...(job.script ?? [])].join('\n')
  const { status, stderr } = spawnSync('sh', ['-eu', '-c', script], {
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      CALLS: calls,
      CI_COMMIT_TAG: 'v3.260819',
      CI_COMMIT_SHA: COMMIT,
      CI_PROJECT_URL: PROJECT,
      CMSCRAB_REGISTRY_USER: 'robot$cmscrab+ci',
      CMSCRAB_REGISTRY_PASSWORD: 'secret',
      ...variables,
      IMAGE_TAG: variables.IMAGE_TAG.replace('$CI_COMMIT_REF_SLUG', 'v3-260819'),
      ...job.variables,
      ...matrix,
    },
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  expect(readFileSync(calls, 'utf8')).not.toContain('secret')
  return readFileSync(calls, 'utf8')
    .split('\n')
    .map(line => line.split('\t').slice(0, -1))
    .filter(call => call.length > 0)
}

const calls = visible.flatMap(([name, job]) =>
  matrixOf(job).flatMap(matrix => callsOf(job, matrix).map(call => ({ name, call }))),
)
const builds = calls.flatMap(({ call }) =>
  call.slice(0, 3).join(' ') === 'docker buildx build' ? [call] : [],
)
const releases = calls.flatMap(({ name, call: [program, , ...args] }) =>
  program === 'node' ? [{ name, args }] : [],
)

/** What the command line understands. */
const understood = (args: readonly string[]) => {
  const { command, texts } = readCall(args)
  return { ...texts, command }
}

const imageOf = (service: string) => `registry.cern.ch/cmscrab/${service}:v3-260819`

test('has stages and jobs that there are', () => {
  for (const [, { stage, needs = [] }] of visible) {
    expect(stages).toContain(stage)
    expect(visible.map(([name]) => name)).toEqual(expect.arrayContaining([...needs]))
  }
})

test('builds each image once, with its commit', () => {
  const option = (call: readonly string[], name: string) =>
    call.flatMap((arg, index) => (arg === name ? [call[index + 1]] : []))
  expect(builds.flatMap(call => option(call, '--tag')).sort()).toEqual(SERVICES.map(imageOf))
  for (const call of builds) {
    expect(option(call, '--label')).toEqual([
      `org.opencontainers.image.revision=${COMMIT}`,
      `org.opencontainers.image.source=${PROJECT}`,
    ])
  }
})

test('releases each of them, and promotes all together', () => {
  const services = (command: string) =>
    releases.map(({ args }) => understood(args)).filter(call => call.command === command)
  expect(
    services('release')
      .map(({ service }) => service)
      .sort(),
  ).toEqual(SERVICES)
  expect(services('promote').map(({ service }) => service.split(/[,\n]/).sort())).toEqual([SERVICES])
})

test.each(releases)('$name: $args is understood, and gives the stable tag of the preset', ({ args }) => {
  const texts = understood(args)
  expect(texts).toMatchObject({
    tag: 'v3.260819',
    registry: 'registry.cern.ch',
    project: 'cmscrab',
    username: 'robot$cmscrab+ci',
    password: '',
  })
  const decision = decide(policyOf(texts.policy === 'crab' ? presets.crab : texts.policy), texts.tag)
  expect(decision).toMatchObject({
    kind: 'planned',
    first: { tag: 'v3.260819' },
    copies: expect.arrayContaining([expect.objectContaining({ tag: 'v3.260819-stable', stable: true })]),
  })
  if (texts.command !== 'release') return
  expect(texts).toMatchObject({ stable: 'on-promotion', 'source-image': imageOf(texts.service) })
})
