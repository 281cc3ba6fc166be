import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve } from '../registry/serve.ts'
import { visible } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { stableRelease } from './command-line.ts'
import { expectFailure } from './expect-failure.ts'

const USER = 'robot$project+name'
const PASSWORD = 'p*ss_w`rd|<7>'
const LOGIN = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')

/** What a person could read the password from. */
const SECRETS = [PASSWORD, LOGIN, LOGIN.replace(/=+$/, ''), 'p&#42;ss', encodeURIComponent(PASSWORD)]
const shown = (text: string): string[] => SECRETS.filter(secret => text.includes(secret))

/** A registry that has nothing, takes nothing, and says to whom, in several ways. */
const startRegistry = (readable: boolean) =>
  serve((request, response) => {
    request.resume()
    const { authorization } = request.headers
    if (authorization === undefined) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
    }
    if (request.url === '/v2/') return void response.writeHead(200).end('{}')
    if (readable && request.method === 'POST')
      return void response.writeHead(202, { location: `${request.url}1` }).end()
    const decoded = Buffer.from(authorization.slice(6), 'base64').toString()
    const message = `no: Authorization: ${authorization} is ${decoded}, in short ${authorization.slice(6)}`
    const status = readable && (request.method === 'HEAD' || request.method === 'GET') ? 404 : 403
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }))
  })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sent-back-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe.each(['containerd', 'classic'] as const)('an engine with the %s store', store => {
  let bench: Bench
  beforeAll(async () => {
    bench = await startBench({ engine: { store, buildx: store === 'containerd' } })
  })
  afterAll(() => bench?.stop())

  /** Runs the same order as a step and on the command line, each with the login where it can come from. */
  test.each(
    (['the inputs', 'docker'] as const).flatMap(from =>
      (
        [
          { command: 'promote', readable: false, error: 'registry-denied' },
          { command: 'release', readable: true, error: 'push-failed' },
        ] as const
      ).map(row => ({ from, ...row })),
    ),
  )('$command with the login of $from: what the registry sends back is not shown', async row => {
    const { from, command, readable, error } = row
    const registry = await startRegistry(readable)
    const config = join(folder, `${store}-${command}-${from}`.replaceAll(' ', '-'))
    await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
    const auths = from === 'docker' ? { [registry.host]: { auth: LOGIN } } : {}
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths }))
    const env: NodeJS.ProcessEnv = { ...bench.env, DOCKER_CONFIG: config, RUNNER_DEBUG: '1' }
    const login = from === 'docker' ? {} : { username: USER, password: PASSWORD }
    const inputs = { service: 'echo', registry: registry.host, command, ...login }
    const step = await bench.step({ tag: '2.3.4', env, with: inputs })
    expectFailure(step, error)
    expect(step.log).toContain(`::add-mask::${LOGIN.replace(/=+$/, '')}`)
    for (const text of [visible(step.log), step.summary, JSON.stringify(step.outputs)])
      expect(shown(text)).toEqual([])
    for (const { message } of step.annotations) expect(shown(message)).toEqual([])

    const args = [command, 'echo', '2.3.4', registry.host, 'cmswmcore', '--debug']
    const called = await stableRelease(from === 'docker' ? args : [...args, '--username', USER], {
      env: { ...env, ...(from === 'docker' ? {} : { STABLE_RELEASE_PASSWORD: PASSWORD }) },
      cwd: join(bench.workspace, 'service'),
    })
    expect(called.exitCode, called.stderr).not.toBe(0)
    expect(called.stderr).toContain(`#${error}`)
    expect(shown(called.stdout + called.stderr)).toEqual([])
    // It was there to be masked: in answers to the action, and in what docker says of its own; BuildKit says the status.
    if (command === 'promote' || store === 'classic')
      for (const text of [step.log, step.summary, called.stderr]) expect(text).toContain('***')
  })
})
