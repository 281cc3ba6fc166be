/** A version that is published, and a mirror that gets it: each of its requests lost once, and some refused always. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { installSkopeo } from '../../sandbox/skopeo.ts'
import { readTag } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import { eachAtOnce } from '../../src/each-at-once.ts'
import { COMMIT, type Step, type StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { type Fate, openDoor } from './door.ts'
import { expectFailure } from './expect-failure.ts'
import { LONG } from './fault-bench.ts'
import { snapshot } from './files.ts'
import { listProcesses } from './processes.ts'
import { writesTo } from './requests.ts'
import { seed } from './seed.ts'

const TAGS = ['2.3.4', '2.3.4-stable', '2.3'] as const
const POLICY = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
const MAIN = 'cmswmcore/service'
const USER = 'robot$mirror'
const PASSWORD = 'p"a s$s'

let folder: string
let tokens: TokenServer
let bench: Bench
let other: Registry
let spy: DockerSpy
let digest: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-faults-'))
  tokens = await startTokenServer({ users: { [USER]: PASSWORD } })
  bench = await startBench({ engine: 'none' })
  other = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
  const skopeo = await installSkopeo(folder)
  spy = await spyOnDocker({ ...bench.env, ...skopeo.env, PATH: skopeo.bin })
  digest = await seed(bench.registry, MAIN, TAGS[0], { kind: 'OCI index', revision: COMMIT })
  const published = await release([])
  expect(published, published.log).toMatchObject({ exitCode: 0 })
})
afterAll(async () => {
  await Promise.all([bench?.stop(), other?.stop(), tokens?.stop()])
  for (const each of [folder, spy?.folder]) await rm(each, { recursive: true, force: true })
})

const auth = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')

/** Releases again, with docker's login for the mirrors. */
const release = (mirrors: readonly string[], { with: inputs, ...step }: Partial<Step> = {}) => {
  const auths = Object.fromEntries(mirrors.map(mirror => [mirror.split('/')[0], { auth }]))
  return bench.step({
    tag: TAGS[0],
    ...step,
    env: { ...spy.env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) },
    with: { service: 'service', policy: POLICY, mirrors: mirrors.join('\n'), ...inputs },
  })
}

interface Scene {
  readonly mirror: string
  /** The main repository's registry. */
  readonly host: string
  readonly expectComplete: (run: Promise<StepResult>) => Promise<void>
}

/** Is told of requests by names that begin behind that of the repository; those of the main one with `main`. */
interface Keeper {
  readonly arrived?: (call: string) => Fate
  readonly answered?: (call: string) => 'pass' | 'reset' | Promise<'pass'>
}

let scenes = 0

/** A mirror of its own, and the main repository, each behind a door. */
const inScene = async (keeper: Keeper, use: (scene: Scene) => Promise<void>): Promise<void> => {
  scenes += 1
  const path = `mirror/scene-${scenes}`
  const inShort = (call: string) => call.replace(`/v2/${path}/`, '').replace(`/v2/${MAIN}/`, 'main ')
  const open = (url: string) =>
    openDoor(url, {
      arrived: call => keeper.arrived?.(inShort(call)) ?? 'pass',
      answered: async call => (await keeper.answered?.(inShort(call))) ?? 'pass',
    })
  const doors = await Promise.all([open(other.url), open(bench.registry.url)])
  const [{ host: mirrorHost }, { host }] = doors
  const expectComplete = async (run: Promise<StepResult>) => {
    const step = await run
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    for (const tag of TAGS) expect(await readTag(other.storage, path, tag)).toBe(digest)
  }
  try {
    await use({ mirror: `${mirrorHost}/${path}`, host, expectComplete })
  } finally {
    await Promise.all(doors.map(door => door.stop()))
  }
}

test.concurrent('each request of the copy is lost once, or its answer: the mirror gets all tags', async () => {
  const calls: string[] = []
  const noted = (call: string): Fate => {
    // What the action itself asks of the main repository is tried elsewhere.
    if (!/ main (?!blobs|manifests.sha256)/.test(call)) calls.push(call)
    return 'pass'
  }
  await inScene({ arrived: noted }, ({ mirror, host, expectComplete }) =>
    expectComplete(release([mirror], { with: { registry: host } })),
  )
  const rows = calls.flatMap(call => (['arrived', 'answered'] as const).map(when => ({ call, when })))
  const wanted = rows.filter((_, index) => LONG || index % 6 === Math.floor(index / 6) % 2)
  const lost = new Set<string>()
  await eachAtOnce(wanted, 4, ({ call, when }) => {
    const strike = (each: string) => {
      if (each !== call) return 'pass'
      lost.add(call)
      return 'reset'
    }
    return inScene({ [when]: strike }, ({ mirror, host, expectComplete }) =>
      expectComplete(release([mirror], { with: { registry: host } })),
    )
  })
  expect([...lost]).toHaveLength(new Set(wanted.map(({ call }) => call)).size)
}, 300_000)

const REFUSED = [
  { what: 'every PUT', refused: /^PUT /, fate: 403, has: '' },
  { what: 'every PUT', refused: /^PUT /, fate: 500, has: '' },
  { what: 'the stable tag', refused: /^PUT .*-stable/, fate: 403, has: `it has ${TAGS[0]}. ` },
  // Outlasts a restart of the registry.
  ...(LONG
    ? [{ what: 'the stable tag', refused: /^PUT .*-stable/, fate: 500, has: `it has ${TAGS[0]}. ` }]
    : []),
]

test.concurrent.each(REFUSED)(
  '$what is refused with $fate: a re-run completes the mirror',
  async row => {
    const { refused, fate, has } = row
    let isOver = false
    const arrived = (call: string): Fate => (!isOver && refused.test(call) ? fate : 'pass')
    const before = await writesTo(bench.registry, MAIN)
    await inScene({ arrived }, ({ mirror, expectComplete }) =>
      inScene({}, async next => {
        const mirrors = [mirror, next.mirror]
        const step = await release(mirrors)
        const isPublished = `${bench.registry.host}/${MAIN} is published and verified.`
        expectFailure(step, 'mirror-incomplete', [isPublished, `- ${mirror}: ${has}`, `${fate}`])
        const { services } = JSON.parse(step.outputs.json ?? '')
        const [{ digest: ofMain, mirrors: results }] = services
        expect(ofMain).toBe(digest)
        expect(step.outputs).toMatchObject({ digest, 'is-stable': 'true' })
        const outcomes = results[1].tags.map(({ outcome }: { outcome: string }) => outcome)
        expect(outcomes).toEqual(['copied', 'copied', 'moved'])
        isOver = true
        await expectComplete(release(mirrors))
      }),
    )
    expect(await spy.calls()).toEqual([])
    expect(await writesTo(bench.registry, MAIN)).toEqual(before)
  },
  120_000,
)

test.concurrent('what a newer version has written while skopeo copied stays', async () => {
  const newer = await seed(bench.registry, 'cmswmcore/newer', '2.3.5', { revision: COMMIT })
  const older = await seed(bench.registry, 'cmswmcore/newer', TAGS[0], { revision: COMMIT })
  let meanwhile: Promise<StepResult> | undefined
  const at = { service: 'newer', registry: bench.registry.host }
  let start = (): Promise<StepResult> => Promise.reject(new Error('too early'))
  const answered = async (call: string) => {
    if (call.startsWith('PATCH ') && meanwhile === undefined) {
      meanwhile = start()
      await meanwhile
    }
    return 'pass' as const
  }
  await inScene({ answered }, async ({ mirror }) => {
    start = () => release([mirror], { tag: '2.3.5', with: at })
    const step = await release([mirror], { with: at })
    expect(step, step.log).toMatchObject({ exitCode: 0 })
    expect(await meanwhile).toMatchObject({ exitCode: 0 })
    const path = mirror.slice(mirror.indexOf('/') + 1)
    const tags = await Promise.all([...TAGS, '2.3.5'].map(tag => readTag(other.storage, path, tag)))
    expect(tags).toEqual([older, older, newer, newer])
  })
})

test.concurrent.each(['SIGTERM', 'SIGKILL'] as const)(
  '%s while skopeo copies: its login goes',
  async signal => {
    const temporary = join(folder, signal)
    let kill = (): void => {}
    const arrived = (call: string): Fate => {
      if (call.startsWith('PATCH ')) kill()
      return 'pass'
    }
    await inScene({ arrived }, async ({ mirror, expectComplete }) => {
      const step = await release([mirror], {
        temporary,
        onStart: process => {
          kill = () => process.kill(signal)
        },
      })
      if (signal === 'SIGTERM') expectFailure(step, 'interrupted', [signal])
      else {
        const left = Object.entries(await snapshot(temporary))
        expect(left.filter(([, content]) => content.includes(auth))).toEqual([
          [expect.stringMatching(/\/skopeo-[^/]*\.json$/), expect.stringMatching(/^600 /)],
        ])
        const post = await release([mirror], { temporary, state: step.state })
        expect(post).toMatchObject({ exitCode: 0, leftBehind: [] })
      }
      const copying = () => listProcesses().filter(({ command }) => command.includes(`${mirror}@`))
      await vi.waitFor(() => expect(copying()).toEqual([]), 10_000)
      kill = () => {}
      await expectComplete(release([mirror]))
    })
  },
)
