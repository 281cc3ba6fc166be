import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepResult } from './action.ts'
import {
  type FaultBench,
  FIRST,
  LONG,
  MOVING,
  runAgain,
  type Scene,
  STABLE,
  startFaultBench,
} from './fault-bench.ts'
import type { Exchange } from './fault-proxy.ts'

const PATIENCE = LONG ? 1_800_000 : 120_000

/** The phases of a release, in order. */
const PHASES = [
  'before the first request',
  'reading',
  'login and build',
  'pushing',
  'pushed',
  'copying',
  'verifying',
  'after the last request',
] as const
type Phase = (typeof PHASES)[number]

/** A moment of a release: a share of its time, or of the requests that the bundle or the engine makes. */
type Point =
  | { readonly by: 'time'; readonly share: number }
  /** As the request arrives, so that one of the bundle is lost; or when it was carried out and nobody hears of it. */
  | { readonly by: Exchange['asker']; readonly share: number; readonly lost: boolean }

/** `count` points in four rows, each spread evenly over a release. */
const pointsOf = (count: number): Point[] => {
  const some = count / 4
  const shares = (shift: number): number[] =>
    Array.from({ length: some }, (_, index) => (index + shift) / some)
  return [
    ...shares(0.25).map(share => ({ by: 'action', share, lost: true }) as const),
    ...shares(0.75).map(share => ({ by: 'action', share, lost: false }) as const),
    ...shares(0.5).map((share, index) => ({ by: 'engine', share, lost: index % 2 === 0 }) as const),
    ...shares(0.5).map(share => ({ by: 'time', share }) as const),
  ]
}

/** In which phase a run was that asked this, and said this, before it ended. */
const phaseOf = (exchanges: readonly Exchange[], { exitCode }: StepResult): Phase => {
  const last = exchanges.at(-1)
  if (last === undefined) return 'before the first request'
  if (exitCode === 0) return 'after the last request'
  if (last.call === 'final head') return 'verifying'
  if (last.call === 'put') return 'copying'
  const pushed = exchanges.some(
    ({ call, path }) => call === 'engine PUT manifest' && path.endsWith(`/${FIRST}`),
  )
  if (pushed) return 'pushed'
  if (last.call.startsWith('engine ') && last.call !== 'engine ping' && last.call !== 'engine token')
    return 'pushing'
  return last.asker === 'engine' ? 'login and build' : 'reading'
}

const MARK = 'KILLS_MARK'

/** The processes that have this in their environment: what a step has started inherits it. */
const processesWith = async (mark: string): Promise<string[]> => {
  const numbers = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name))
  const marked = numbers.map(async number => {
    // A process may be gone by now.
    const environment = await readFile(`/proc/${number}/environ`, 'utf8').catch(() => '')
    return environment.split('\0').includes(`${MARK}=${mark}`) ? [number] : []
  })
  return (await Promise.all(marked)).flat()
}

/** A SIGKILL does not reach the docker command that the step has started, which goes on for a moment. */
const nothingLeftOf = async (mark: string, { proxy }: Scene): Promise<void> => {
  do {
    while ((await processesWith(mark)).length > 0) await sleep(20)
    // The engine may still be about what it was asked.
    await proxy.quiet()
  } while ((await processesWith(mark)).length > 0)
}

/** Looks at the storage over and over while `run` lasts. */
const watched = async <T>({ witness }: Scene, run: Promise<T>): Promise<T> => {
  let running = true
  const looking = (async () => {
    while (running) {
      await witness.look({ pushing: true })
      await sleep(2)
    }
  })()
  try {
    return await run
  } finally {
    running = false
    await looking
  }
}

const phases = new Map<Phase, number>()
const left = {
  nothing: 0,
  'an attestation instead of the index': 0,
  'an image instead of the index': 0,
  'the first tag': 0,
  'the stable tag too': 0,
  everything: 0,
}
let looks = 0

interface Whole {
  /** How long a release takes here, in milliseconds. */
  readonly duration: number
  /** What is published. */
  readonly kind: 'nothing' | 'index' | 'image' | 'statement'
  /** What is asked in it. */
  readonly exchanges: readonly Exchange[]
}

const releaseWhole = async (bench: FaultBench, name: string): Promise<Whole> => {
  const scene = await bench.scene(name)
  try {
    scene.proxy.begin()
    const started = performance.now()
    const step = await scene.release()
    expect(step).toMatchObject({ exitCode: 0, annotations: [] })
    return {
      duration: performance.now() - started,
      kind: await scene.firstTag(),
      exchanges: scene.proxy.exchanges,
    }
  } finally {
    await scene.stop()
  }
}

/** Tells whether a request is the one of its kind at which the point is; how many an engine makes varies. */
const isAt = (point: Point, { exchanges }: Whole): ((exchange: Exchange) => boolean) => {
  if (point.by === 'time') return () => false
  const asked = exchanges.filter(({ asker }) => asker === point.by)
  const index = Math.floor(point.share * asked.length)
  const call = asked[index]?.call
  let before = asked.slice(0, index).filter(exchange => exchange.call === call).length
  return exchange => {
    if (exchange.call !== call) return false
    before -= 1
    return before === -1
  }
}

const killAt = async (scene: Scene, point: Point, whole: Whole, mark: string): Promise<StepResult> => {
  const { proxy, witness } = scene
  let kill = (): void => {}
  let killed = false
  const isDue = isAt(point, whole)
  const strike = (exchange: Exchange): boolean => {
    if (!isDue(exchange)) return true
    killed = true
    kill()
    // Whoever is dead can neither finish what it sends nor hear the answer; the engine lives.
    return exchange.asker === 'engine'
  }
  proxy.begin({
    watch: {
      ...(point.by !== 'time' && point.lost ? { arrived: strike } : {}),
      ...(point.by !== 'time' && !point.lost ? { answered: strike } : {}),
      written: async ({ asker }) => void (await witness.look({ pushing: asker === 'engine' })),
    },
  })
  const timer = new AbortController()
  const run = scene.release({
    env: { [MARK]: mark },
    onStart: ({ kill: send }) => {
      kill = () => send('SIGKILL')
      if (point.by === 'time') {
        sleep(point.share * whole.duration, undefined, { signal: timer.signal }).then(kill, () => {})
      }
      if (killed) kill()
    },
  })
  const step = await watched(scene, run)
  timer.abort()
  return step
}

const killAndRunAgain = async (
  bench: FaultBench,
  name: string,
  point: Point,
  whole: Whole,
): Promise<void> => {
  const scene = await bench.scene(name)
  const { proxy, witness } = scene
  try {
    const mark = randomUUID()
    const step = await killAt(scene, point, whole, mark)
    const phase = phaseOf(proxy.exchanges, step)
    phases.set(phase, (phases.get(phase) ?? 0) + 1)
    if (phase !== 'after the last request') expect(step.signal).toBe('SIGKILL')

    await nothingLeftOf(mark, scene)
    const published = await witness.look()
    expect(witness.violations).toEqual([])

    const first = await scene.firstTag()
    await watched(scene, runAgain(scene))
    looks += witness.looks
    if (published[MOVING] !== undefined) left.everything += 1
    else if (published[STABLE] !== undefined) left['the stable tag too'] += 1
    else if (first === 'statement') left['an attestation instead of the index'] += 1
    else if (first === 'image' && whole.kind === 'index') left['an image instead of the index'] += 1
    else if (published[FIRST] !== undefined) left['the first tag'] += 1
    else left.nothing += 1
  } finally {
    await scene.stop()
  }
}

const engines = [
  { store: 'containerd', points: LONG ? 200 : 12 },
  { store: 'classic', points: LONG ? 100 : 8 },
] as const

describe.each(engines)('a release with the $store store', ({ store, points }) => {
  let bench: FaultBench
  let whole: Whole
  beforeAll(async () => {
    bench = await startFaultBench({ engine: { store } })
    // The first one fills the cache of the engine.
    await releaseWhole(bench, 'first')
    whole = await releaseWhole(bench, 'second')
  })
  afterAll(() => bench?.stop())

  const cases = pointsOf(points).map((point, number) => {
    const share = `${(point.share * 100).toFixed(1)} %`
    const title =
      point.by === 'time'
        ? `${share} of its time`
        : `${share} of what the ${point.by} asks, ${point.lost ? 'as it arrives' : 'when it was carried out'}`
    return { title, number, point }
  })
  test.concurrent.each(cases)('is killed at $title', { timeout: PATIENCE }, ({ number, point }) =>
    killAndRunAgain(bench, `kill-${number}`, point, whole),
  )
})

describe('the kills', () => {
  test('came in every phase', () => {
    const counted = PHASES.map(phase => `${phase} ${phases.get(phase) ?? 0}`).join(', ')
    const total = engines.reduce((sum, { points }) => sum + points, 0)
    const after = Object.entries(left)
      .map(([what, times]) => `${what} ${times}`)
      .join(', ')
    console.log(
      `${total} kills: ${counted}\npublished after the kill: ${after}\n${looks} looks at the storage`,
    )
    // No request is made while docker builds: only a moment of time can hit that, which a busy machine shifts.
    const hitByRequests = PHASES.slice(1, -1).filter(phase => phase !== 'login and build')
    expect(hitByRequests.filter(phase => !phases.has(phase))).toEqual([])
  })
})
