/** The promotion of five services: every request failing, a kill at every request, and two at once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readTag } from '../../sandbox/storage.ts'
import { COMMIT, runStep, type Step, type StepResult } from './action.ts'
import { withoutDocker } from './bench.ts'
import { type Door, type Doorkeeper, openDoor } from './door.ts'
import { seed } from './seed.ts'

const SERVICES = ['wmagent', 'reqmon', 'reqmgr2', 'msoutput', 'msmonitor'] as const
const [FIRST, STABLE] = ['2.3.4', '2.3.4-stable']
const POLICY = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'
const MOVING = '2.3-stable'
const TEMPLATE = 'template'
let registry: Registry
let folder: string
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  registry = await startRegistry()
  folder = await mkdtemp(join(tmpdir(), 'together-'))
  env = await withoutDocker(folder)
  const labels = { 'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore' }
  for (const [index, service] of SERVICES.entries()) {
    const kind = index % 2 === 0 ? 'OCI index' : 'Docker manifest'
    await seed(registry, `${TEMPLATE}/${service}`, FIRST, { kind, revision: COMMIT, labels })
  }
})
afterAll(async () => {
  await registry?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Five published services of their own, behind a door. */
interface Scene {
  readonly project: string
  readonly door: Door
  /** What was seen in the storage that must not be. */
  readonly violations: string[]
}

let scenes = 0

const digestAt = (project: string, service: string, tag: string): Promise<string | undefined> =>
  readTag(registry.storage, `${project}/${service}`, tag)

/** The services that have the stable tag, which must be what the first tag is. */
const stableIn = async ({ project, violations }: Omit<Scene, 'door'>): Promise<string[]> => {
  const found = await Promise.all(
    SERVICES.map(async service => {
      const stable = await digestAt(project, service, STABLE)
      // The registry writes it into a file, which is empty for a moment.
      if (stable === undefined || stable === '') return []
      const first = await digestAt(project, service, FIRST)
      if (stable !== first) violations.push(`${service}: ${STABLE} is ${stable}, and ${FIRST} is ${first}`)
      return [service]
    }),
  )
  return found.flat()
}

/** Opens a scene, and closes its door afterwards. */
const inScene = async (
  { arrived = () => 'pass', answered = async () => 'pass' }: Doorkeeper,
  use: (scene: Scene) => Promise<void>,
): Promise<void> => {
  scenes += 1
  const project = `scene-${scenes}`
  const repositories = join(registry.storage, 'docker/registry/v2/repositories')
  // Node's own copy takes as long as a whole run.
  await run('cp', ['-r', join(repositories, TEMPLATE), join(repositories, project)])
  const violations: string[] = []
  const inShort = (call: string): string => call.replace(`/v2/${project}/`, '')
  const door = await openDoor(registry.url, {
    arrived: call => arrived(inShort(call)),
    answered: async (call, method) => {
      if (method === 'PUT') await stableIn({ project, violations })
      return answered(inShort(call), method)
    },
  })
  try {
    await use({ project, door, violations })
  } finally {
    await door.stop()
  }
  expect(violations).toEqual([])
}

const promote = ({ project }: Scene, host: string, others: Pick<Step, 'onStart'> = {}): Promise<StepResult> =>
  runStep({
    tag: FIRST,
    env,
    ...others,
    with: { command: 'promote', registry: host, project, service: SERVICES.join(','), policy: POLICY },
  })

/** Runs it again, without faults: it is green, and all are stable. */
const runAgain = async (scene: Scene): Promise<void> => {
  const again = await promote(scene, registry.host)
  expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await stableIn(scene)).toEqual([...SERVICES])
  for (const service of SERVICES) {
    expect(await digestAt(scene.project, service, MOVING)).toBe(await digestAt(scene.project, service, FIRST))
  }
}

/** Does something for all, four at once. */
const forAll = async <T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> => {
  const waiting = items.values()
  const work = async (): Promise<void> => {
    for (const item of waiting) await use(item)
  }
  await Promise.all(Array.from({ length: 4 }, work))
}

/** Whether a call is of the kind `METHOD what`, or comes at that time or later. */
const isLater = (call: string, than: string): boolean => {
  const [name, time] = call.split(' #')
  const [other, first] = than.split(' #')
  return name === other && Number(time) >= Number(first)
}

describe('five services', () => {
  /** The calls of a promotion that nothing disturbs, in their order. */
  const calls: string[] = []
  beforeAll(async () => {
    await inScene({}, async scene => {
      const step = await promote(scene, scene.door.host)
      expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
      calls.push(...scene.door.calls.map(call => call.replace(`/v2/${scene.project}/`, '')))
    })
  })

  test('a request that fails once is asked again, each of them', async () => {
    await forAll(calls, lost => {
      const fate = lost.length % 2 === 0 ? 'reset' : 503
      return inScene({ arrived: call => (call === lost ? fate : 'pass') }, async scene => {
        const step = await promote(scene, scene.door.host)
        expect(step, `${lost}: ${step.log}`).toMatchObject({ exitCode: 0, annotations: [] })
        expect(await stableIn(scene)).toEqual([...SERVICES])
      })
    })
  }, 300_000)

  test('a request that is refused always: nothing is written before all are ready, each of them', async () => {
    // A HEAD that is refused is asked again by GET.
    const firstWrite = calls.findIndex(call => call.startsWith('PUT '))
    const needed = calls.slice(0, firstWrite).filter(call => /^(?:GET|POST) /.test(call))
    await forAll(calls, refused =>
      inScene({ arrived: call => (isLater(call, refused) ? 403 : 'pass') }, async scene => {
        const step = await promote(scene, scene.door.host)
        if (step.exitCode === 0) expect(await stableIn(scene)).toEqual([...SERVICES])
        else expect(step.annotations.map(({ level }) => level)).toEqual(['error'])
        if (needed.includes(refused)) {
          expect(step.exitCode).toBe(1)
          expect(
            scene.door.calls.filter(call => call.startsWith('PUT ')),
            refused,
          ).toEqual([])
        }
        // An upload that can not be cancelled ends by itself.
        if (/^DELETE/.test(refused)) expect(step.exitCode).toBe(0)
        if (scene.door.calls.some(call => call.startsWith('PUT '))) await runAgain(scene)
      }),
    )
  }, 300_000)

  test('a kill at each request, as it arrives and when it was carried out: a re-run completes it', async () => {
    const points = calls.flatMap(call => [
      { call, lost: true },
      { call, lost: false },
    ])
    expect(points.length).toBeGreaterThanOrEqual(100)
    let killed = 0
    await forAll(points, ({ call: at, lost }) => {
      let kill = (): void => {}
      const fateOf = (call: string, isArriving: boolean): 'pass' | 'reset' => {
        if (call !== at || isArriving !== lost) return 'pass'
        kill()
        return 'reset'
      }
      const keeper: Doorkeeper = {
        arrived: call => fateOf(call, true),
        answered: async call => fateOf(call, false),
      }
      return inScene(keeper, async scene => {
        const step = await promote(scene, scene.door.host, {
          onStart: process => {
            kill = () => process.kill('SIGKILL')
          },
        })
        if (step.signal === 'SIGKILL') killed += 1
        await stableIn(scene)
        await runAgain(scene)
      })
    })
    expect(killed).toBeGreaterThanOrEqual(100)
  }, 600_000)

  test('two promotions at once: both end, and every stable tag is its first tag', async () => {
    for (let round = 0; round < 4; round += 1) {
      await inScene({}, async scene => {
        const both = await Promise.all([promote(scene, scene.door.host), promote(scene, scene.door.host)])
        expect(both.map(({ exitCode }) => exitCode)).toContain(0)
        expect(await stableIn(scene)).toEqual([...SERVICES])
      })
    }
  }, 120_000)
})
