import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { installSkopeo } from '../../sandbox/skopeo.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import { type StepResult, visible } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { snapshot } from './files.ts'
import { withWatch } from './processes.ts'

const username = 'robot$project+name'
const password = 'p\'a"s$s`id`;&|<>*?\\ %41 ünd'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** The password in every form in which something could show it. */
const SECRETS = [
  password,
  base64(password),
  base64(`${username}:${password}`),
  base64(`:${password}`).slice(4),
  encodeURIComponent(password),
  encodeURIComponent(password).replaceAll('%20', '+'),
  JSON.stringify(password).slice(1, -1),
  password.replaceAll('%', '%25'),
].map(secret => secret.replace(/=+$/, ''))

const shown = (text: string): string[] => SECRETS.filter(secret => text.includes(secret))

let folder: string
let tokens: TokenServer
let token: Registry
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
  tokens = await startTokenServer({ users: { [username]: password } })
  token = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
})
afterAll(async () => {
  await Promise.all([token?.stop(), tokens?.stop()])
  await rm(folder, { recursive: true })
})

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: false },
] as const)('an engine with the $store store, buildx: $buildx', ({ store, buildx }) => {
  let bench: Bench
  let spy: DockerSpy
  beforeAll(async () => {
    const users = { [username]: password }
    bench = await startBench({
      engine: { store, buildx },
      registry: { auth: { kind: 'htpasswd', users } },
      context: { lines: ['RUN ["/bin/busybox", "sleep", "0.2"]'] },
    })
    spy = await spyOnDocker(bench.env)
  })
  afterAll(async () => {
    await rm(spy.folder, { recursive: true })
    await bench.stop()
  })

  const orders = [
    { tag: '2.3.4', command: 'release', password, exitCode: 0 },
    { tag: '2.3.4', command: 'promote', password, exitCode: 0 },
    { tag: '2.3.4', command: 'verify', password, exitCode: 0 },
    { tag: '2.3.4', command: 'release', password, mirrored: true, exitCode: 0 },
    // Even a password that is wrong may be right elsewhere.
    { tag: '2.3.5', command: 'release', password: `${password}!`, exitCode: 1 },
    { tag: '2.3.6', command: 'release', password, context: 'nowhere', exitCode: 1 },
  ]

  test.each(['htpasswd', 'token'] as const)('a password for %s is never shown', async kind => {
    const [registry, other] = kind === 'token' ? [token, bench.registry] : [bench.registry, token]
    const temporary = join(folder, `${store}-${kind}`)
    const home = join(folder, `home-${store}-${kind}`)
    await Promise.all([mkdir(temporary), mkdir(home)])
    const skopeo = await installSkopeo(join(folder, `skopeo-${store}-${kind}`))
    // Docker's login, for the mirror in the other registry.
    const auths = { [other.host]: { auth: base64(`${username}:${password}`) } }
    const mirrors = [registry, other].map(({ host }) => `${host}/mirrors/${store}-${kind}`).join('\n')
    const withMirrors = {
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths }),
      PATH: `${skopeo.bin}:${spy.env.PATH}`,
    }
    const steps: StepResult[] = []
    const { seen } = await withWatch(async () => {
      for (const { tag, exitCode, mirrored, ...inputs } of orders) {
        const step = await bench.step({
          tag,
          temporary,
          env: {
            ...spy.env,
            HOME: home,
            RUNNER_DEBUG: '1',
            ...(mirrored ? { ...skopeo.env, ...withMirrors } : {}),
          },
          with: {
            service: `${store}-${kind}`,
            registry: registry.host,
            username,
            'build-options': '--network=host',
            ...(mirrored ? { mirrors } : {}),
            ...inputs,
          },
        })
        expect(step.exitCode, visible(step.log)).toBe(exitCode)
        steps.push(step)
      }
    })

    // The watch was awake: it saw the build. What is shorter, it may miss.
    expect(seen.join('\n')).toContain('--build-arg=TAG=2.3.4')
    expect(seen.join('\n')).toContain('skopeo copy --all --preserve-digests --authfile=')
    expect(seen.filter(command => shown(command).length > 0)).toEqual([])
    const calls = await spy.calls()
    expect(calls.map(args => args.slice(0, 3))).toContainEqual(['login', '--username', username])
    expect(calls.flat().filter(argument => shown(argument).length > 0)).toEqual([])

    expect(steps.filter(({ log }) => log.includes('::debug::')).length).toBeGreaterThan(3)
    for (const { log, outputs, summary, state, annotations, leftBehind } of steps) {
      expect(log).toContain('::add-mask::')
      for (const text of [visible(log), summary]) expect(shown(text)).toEqual([])
      for (const text of Object.values({ ...outputs, ...state })) expect(shown(text)).toEqual([])
      for (const { message } of annotations) expect(shown(message)).toEqual([])
      expect(leftBehind).toEqual([])
    }
    for (const place of [temporary, home, skopeo.env.HOME ?? '', bench.workspace, bench.engine.config]) {
      const files = Object.entries(await snapshot(place)).filter(
        ([path, content]) =>
          shown(path).length > 0 || shown(Buffer.from(content, 'latin1').toString()).length > 0,
      )
      expect(files.map(([path]) => path)).toEqual([])
    }
  })
})
