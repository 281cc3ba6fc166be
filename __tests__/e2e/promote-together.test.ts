/** The promotion of five services: every request failing, a kill at every request, and two at once. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readTag } from '../../sandbox/storage.ts'
import { COMMIT, runStep, type StepResult } from './action.ts'
import { withoutDocker } from './bench.ts'
import { type Door, type Doorkeeper, openDoor } from './door.ts'
import { seed } from './seed.ts'

const SERVICES = ['wmagent', 'reqmon', 'reqmgr2', 'msoutput', 'msmonitor'] as const
const [FIRST, STABLE] = ['2.3.4', '2.3.4-stable']
const POLICY = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'
const MOVING = '2.3-stable'
const TEMPLATE = 'template'
/** How many runs go on at once. */
const AT_ONCE = 4

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
  /** The services that have the stable tag. */
  stable(): Promise<string[]>
}

let scenes = 0

const digestAt = (project: string, service: string, tag: string): Promise<string | undefined> =>
  readTag(registry.storage, `${project}/${service}`, tag)

/** A stable tag, which must be what the first tag is. */
const look = async (project: string, violations: string[]): Promise<string[]> => {
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

const openScene = async (keeper: Doorkeeper): Promise<Scene> => {
  scenes += 1
  const project = `scene-${scenes}`
  const repositories = join(registry.storage, 'docker/registry/v2/repositories')
  await cp(join(repositories, TEMPLATE), join(repositories, project), { recursive: true })
  const violations: string[] = []
  const door = await openDoor(registry.url, {
    ...keeper,
    answered: async (call, method) => {
      if (method === 'PUT') await look(project, violations)
      return (await keeper.answered?.(call, method)) ?? 'pass'
    },
  })
  return { project, door, violations, stable: () => look(project, violations) }
}

const promote = (
  { project }: Scene,
  host: string,
  onStart?: Parameters<typeof runStep>[0]['onStart'],
): Promise<StepResult> =>
  runStep({
    tag: FIRST,
    env,
    ...(onStart === undefined ? {} : { onStart }),
    with: { command: 'promote', registry: host, project, service: SERVICES.join(','), policy: POLICY },
  })

const writesIn = ({ door }: Scene): string[] => door.calls.filter(call => call.startsWith('PUT '))

/** Runs it again, without faults: it is green, and all are stable. */
const runAgain = async (scene: Scene): Promise<void> => {
  const again = await promote(scene, registry.host)
  expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await scene.stable()).toEqual([...SERVICES])
  for (const service of SERVICES) {
    expect(await digestAt(scene.project, service, MOVING)).toBe(await digestAt(scene.project, service, FIRST))
  }
  expect(scene.violations).toEqual([])
}

/** A call as it is for every scene. */
const inShort = (call: string, { project }: Scene): string => call.replace(`/v2/${project}/`, '')

/** The calls of a promotion that nothing disturbs, in their order. */
const wholeRun = async (): Promise<string[]> => {
  const scene = await openScene({})
  try {
    const step = await promote(scene, scene.door.host)
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
    return scene.door.calls.map(call => inShort(call, scene))
  } finally {
    await scene.door.stop()
  }
}

/** Does something for all, some at once. */
const forAll = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
  const waiting = items.values()
  const work = async (): Promise<void> => {
    for (const item of waiting) await run(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Whether a call is of the kind `METHOD what`, or comes at that time or later. */
const isLater = (call: string, than: string): boolean => {
  const [name, time] = call.split(' #')
  const [other, first] = than.split(' #')
  return name === other && Number(time) >= Number(first)
}

describe('five services', () => {
  let calls: string[]
  beforeAll(async () => {
    calls = await wholeRun()
  })

  test('are read, tried and written: every fixed tag, then every moving one, then all are read back', () => {
    const kinds = calls.map(call => call.replace(/ #[0-9]+$/, '').replace(/^([A-Z]+) [a-z0-9]+\//, '$1 '))
    const last = (kind: string): number => kinds.lastIndexOf(kind)
    expect(kinds.indexOf(`PUT manifests/${STABLE}`)).toBeGreaterThan(last('POST blobs/uploads/'))
    expect(kinds.indexOf(`PUT manifests/${STABLE}`)).toBeGreaterThan(last(`GET manifests/${FIRST}`))
    expect(kinds.indexOf(`PUT manifests/${MOVING}`)).toBeGreaterThan(last(`PUT manifests/${STABLE}`))
    expect(last(`HEAD manifests/${STABLE}`)).toBeGreaterThan(last(`PUT manifests/${MOVING}`))
  })

  test('a request that fails once is asked again, each of them', async () => {
    await forAll(calls, async lost => {
      const scene: Scene = await openScene({
        arrived: call => (inShort(call, scene) === lost ? (lost.length % 2 === 0 ? 'reset' : 503) : 'pass'),
      })
      try {
        const step = await promote(scene, scene.door.host)
        expect(step, `${lost}: ${step.log}`).toMatchObject({ exitCode: 0, annotations: [] })
        expect(await scene.stable()).toEqual([...SERVICES])
        expect(scene.violations).toEqual([])
      } finally {
        await scene.door.stop()
      }
    })
  }, 300_000)

  test('a request that is refused always: nothing is written before all are ready, each of them', async () => {
    // A HEAD that is refused is asked again by GET.
    const firstWrite = calls.findIndex(call => call.startsWith('PUT '))
    const needed = calls.slice(0, firstWrite).filter(call => /^(?:GET|POST) /.test(call))
    await forAll(calls, async refused => {
      const scene: Scene = await openScene({
        arrived: call => (isLater(inShort(call, scene), refused) ? 403 : 'pass'),
      })
      try {
        const step = await promote(scene, scene.door.host)
        const stable = await scene.stable()
        if (step.exitCode === 0) expect(stable).toEqual([...SERVICES])
        else {
          expect(step.annotations.map(({ level }) => level)).toEqual(['error'])
          if (needed.includes(refused)) expect(writesIn(scene), refused).toEqual([])
        }
        if (needed.includes(refused)) expect(step.exitCode).toBe(1)
        // An upload that can not be cancelled ends by itself.
        if (/^DELETE/.test(refused)) expect(step.exitCode).toBe(0)
        await runAgain(scene)
      } finally {
        await scene.door.stop()
      }
    })
  }, 300_000)

  test('a kill at each request, as it arrives and when it was carried out: a re-run completes it', async () => {
    const points = calls.flatMap(call => [
      { call, lost: true },
      { call, lost: false },
    ])
    expect(points.length).toBeGreaterThanOrEqual(100)
    let killed = 0
    await forAll(points, async ({ call: at, lost }) => {
      let kill = (): void => {}
      const scene: Scene = await openScene({
        arrived: call => {
          if (!lost || inShort(call, scene) !== at) return 'pass'
          kill()
          return 'reset'
        },
        answered: async call => {
          if (lost || inShort(call, scene) !== at) return 'pass'
          kill()
          return 'reset'
        },
      })
      try {
        const step = await promote(scene, scene.door.host, process => {
          kill = () => process.kill('SIGKILL')
        })
        if (step.signal === 'SIGKILL') killed += 1
        await scene.stable()
        await runAgain(scene)
      } finally {
        await scene.door.stop()
      }
    })
    console.log(
      `${killed} of ${points.length} promotions of five services were killed; every re-run was green`,
    )
    expect(killed).toBeGreaterThanOrEqual(100)
  }, 600_000)

  test('two promotions at once: both end, and every stable tag is its first tag', async () => {
    for (let round = 0; round < 4; round += 1) {
      const scene = await openScene({})
      try {
        const both = await Promise.all([promote(scene, scene.door.host), promote(scene, scene.door.host)])
        expect(both.map(({ exitCode }) => exitCode)).toContain(0)
        expect(await scene.stable()).toEqual([...SERVICES])
        expect(scene.violations).toEqual([])
      } finally {
        await scene.door.stop()
      }
    }
  }, 120_000)
})
