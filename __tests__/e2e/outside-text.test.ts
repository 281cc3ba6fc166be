import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGitHubApi } from '../gates/github-api.ts'
import { serve } from '../registry/serve.ts'
import { COMMIT, commandsIn, runStep, type Step } from './action.ts'
import { stableRelease } from './command-line.ts'
import { emptyRegistry, registryWith } from './one-image.ts'
import { withPrograms } from './programs.ts'

/** What the runner, a terminal or a table would obey, were it shown as it is. */
const EVIL = 'x\r\n::error title=pwned::a ##[error]pwned | \u2028b\u001b[2J'
/** That, left as it is. */
const HARMFUL = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}]|##\[|^\s*::/mu

/** The commands of the action itself. */
const OF_OURS = ['add-mask', 'debug', 'endgroup', 'error', 'group', 'notice', 'warning']

let folder: string
const folders: string[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outside-'))
  await mkdir(join(folder, 'service'))
  await writeFile(join(folder, 'service', 'Dockerfile'), 'FROM scratch\n')
})
afterAll(async () => {
  for (const each of [folder, ...folders]) await rm(each, { recursive: true })
})

/** An environment whose docker says this, and fails. */
const dockerThat = async (says: string): Promise<NodeJS.ProcessEnv> => {
  const said = join(await mkdtemp(join(folder, 'said-')), 'said')
  await writeFile(said, says)
  const docker = `[ "$1" = version ] && exit 0\n/bin/cat ${said}\nexit 1`
  const programs = await withPrograms({ docker })
  folders.push(programs.folder)
  return programs.env
}

interface Case {
  readonly what: string
  /** How its text is shown, in the log and in the summary. */
  readonly shows: string
  readonly order: () => Promise<Step>
}

const withRegistry =
  (listener: RequestListener, inputs: Step['with'] = {}) =>
  async () => ({
    tag: '2.3.4',
    with: {
      registry: (await serve(listener)).host,
      project: 'p',
      service: 's',
      context: 'service',
      ...inputs,
    },
  })

/** A release that docker says something of. */
const withDocker = (says: string) => async () => ({
  ...(await withRegistry(emptyRegistry)()),
  env: await dockerThat(says),
})

const planWith =
  (inputs: Step['with'], tag = '2.3.4') =>
  async () => ({ tag, with: { registry: 'a.b', service: 's', command: 'plan', ...inputs } })

const cases: Case[] = [
  {
    what: 'the codes and messages of a registry',
    shows: 'pwned',
    order: withRegistry(
      (_, response) =>
        response.writeHead(403).end(JSON.stringify({ errors: [{ code: EVIL, message: EVIL }] })),
      { command: 'promote' },
    ),
  },
  {
    what: 'an answer of a registry that is no JSON',
    shows: 'not JSON',
    order: withRegistry(
      ({ url = '' }, response) =>
        url.includes('tags/list') ? response.end(EVIL) : response.writeHead(404).end(),
      { command: 'verify', policy: 'final: X.Y.Z -> X.Y.Z latest' },
    ),
  },
  { what: 'the revision of an image', shows: 'pwned', order: withRegistry(registryWith(EVIL)) },
  { what: 'a git tag', shows: 'u202e', order: planWith({}, 'a\u202e##[error]pwned') },
  { what: 'the name of a service', shows: 'pwned', order: planWith({ service: EVIL }) },
  { what: 'a table with a mistake', shows: 'pwned', order: planWith({ policy: `a: X => ${EVIL}` }) },
  {
    what: 'the last line of docker',
    shows: 'pwned',
    order: withDocker('hello\nerror: ##[error]pwned \u001b[2J\u2028::error title=pwned::'),
  },
  {
    what: 'the last lines of a step of a build',
    shows: 'pwned',
    order: withDocker(`------\n > [1/1] RUN x:\n0.1 ${EVIL}\n------\nERROR: failed\n`),
  },
]

describe.each(cases)('$what', ({ shows, order }) => {
  test('the action obeys none of it', async () => {
    const step = await runStep({
      workspace: folder,
      env: { PATH: '/nowhere', HOME: folder },
      ...(await order()),
    })
    expect(step.exitCode).toBe(1)
    const errors = step.annotations.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    for (const { title } of step.annotations) expect(title).not.toContain('pwned')
    const [message] = errors.map(error => error.message)
    expect(commandsIn(step.log).filter(name => !OF_OURS.includes(name))).toEqual([])
    expect(message).toContain(shows)
    expect(message).not.toMatch(HARMFUL)
    expect(step.summary).toContain(shows)
    expect(step.summary).not.toMatch(HARMFUL)
    expect(JSON.stringify(step.outputs)).not.toMatch(HARMFUL)
  })

  test('the command line shows it as text', async () => {
    const { with: inputs, tag = '', env = { PATH: '/nowhere', HOME: folder } } = await order()
    const { command = 'release', registry = '', service = '', project = '', ...options } = inputs
    const ended = await stableRelease(
      [
        command,
        service,
        tag,
        registry,
        project,
        ...Object.entries(options)
          .filter(([name]) => name !== 'context' || command === 'release')
          .map(([name, value]) => `--${name}=${value}`),
      ],
      { cwd: folder, env },
    )
    expect(ended.exitCode).toBe(command === 'verify' ? 3 : 1)
    // What docker writes comes before it, as it is.
    const error = ended.stderr.split(/^(?=error: )/m).at(-1)
    expect(error).toContain(shows)
    expect(error).not.toMatch(HARMFUL)
  })
})

test('what GitHub says of a check is obeyed in nothing', async () => {
  const api = await startGitHubApi()
  try {
    const { commit } = api.tag('2.3.4', { commit: COMMIT })
    api.checkRun(commit, { name: 'testbed', conclusion: EVIL })
    api.status(commit, { context: 'unit', state: 'failure', url: `https://x/${EVIL}` })
    const { host: registry } = await serve(registryWith(COMMIT))
    const step = await runStep({
      tag: '2.3.4',
      apiUrl: api.url,
      env: { PATH: '/nowhere', HOME: folder },
      with: {
        command: 'promote',
        registry,
        service: 's',
        'github-token': api.token,
        'require-checks': 'testbed\nunit',
      },
    })
    expect(step.annotations).toMatchObject([{ level: 'error', title: 'A required check has not passed' }])
    expect(commandsIn(step.log).filter(name => !OF_OURS.includes(name))).toEqual([])
    for (const text of [step.log, step.summary, step.annotations[0]?.message]) {
      expect(text).toContain('title=pwned')
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]|##\[/u)
    }
    expect(step.summary).not.toMatch(/^\s*::/m)
    const rows = step.summary.split('\n').filter(line => line.startsWith('| '))
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) expect(row.split(' | ').length, row).toBeLessThanOrEqual(3)
  } finally {
    await api.stop()
  }
})
