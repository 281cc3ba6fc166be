import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepResult } from './action.ts'
import { type FaultBench, LONG, runAgain, type Scene, startFaultBench } from './fault-bench.ts'
import type { Exchange } from './fault-calls.ts'

const PATIENCE = LONG ? 1_800_000 : 120_000

/** A moment of a release: a share of its time, or of the requests that the bundle or the engine makes. */
type Point =
  | { readonly by: 'time'; readonly share: number }
  /** As the request arrives, so that one of the bundle is lost; or when it was carried out and nobody hears of it. */
  | { readonly by: Exchange['asker']; readonly share: number; readonly lost: boolean }

/** A release that nobody disturbs. */
interface Whole {
  readonly duration: number
  readonly exchanges: readonly Exchange[]
}

describe.each([
  { store: 'containerd', points: LONG ? 200 : 12, mirrored: false },
  { store: 'classic', points: LONG ? 100 : 8, mirrored: false },
  { store: 'containerd', points: LONG ? 20 : 4, mirrored: true },
] as const)('a release with the $store store, mirrored: $mirrored', ({ points, ...options }) => {
  let bench: FaultBench
  let whole: Whole
  beforeAll(async () => {
    bench = await startFaultBench(options)
    whole = await releaseWhole(bench)
  })
  afterAll(() => bench?.stop())

  test.concurrent.each(pointsOf(points).map((point, number) => ({ point, number })))(
    'is killed at $point.share of what the $point.by has, lost: $point.lost',
    { timeout: PATIENCE },
    async ({ point, number }) => {
      const scene = await bench.scene(`kill-${number}`)
      try {
        const mark = randomUUID()
        const step = await killAt(scene, point, whole, mark)
        // What an engine asks varies, and so does the time.
        if (point.by === 'action') expect(step.signal, step.log).toBe('SIGKILL')
        await nothingLeftOf(mark, scene)
        await scene.witness.look()
        expect(scene.witness.violations).toEqual([])
        await watched(scene, runAgain(scene))
      } finally {
        await scene.stop()
      }
    },
  )
})

/** `count` points in four rows, each spread evenly over a release. */
function pointsOf(count: number): Point[] {
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

async function releaseWhole(bench: FaultBench): Promise<Whole> {
  const scene = await bench.scene('whole')
  try {
    const started = performance.now()
    expect(await scene.release()).toMatchObject({ exitCode: 0, annotations: [] })
    return { duration: performance.now() - started, exchanges: scene.proxy.exchanges }
  } finally {
    await scene.stop()
  }
}

/** The environment variable by which what a step has started is found: it inherits it. */
const MARK = 'KILLS_MARK'

async function killAt(scene: Scene, point: Point, whole: Whole, mark: string): Promise<StepResult> {
  const { proxy, witness } = scene
  let kill = (): void => {}
  const isDue = isAt(point, whole)
  const strike = (exchange: Exchange): boolean => {
    if (!isDue(exchange)) return true
    kill()
    // Whoever is dead can neither finish what it sends nor hear the answer; the engine lives.
    return exchange.asker === 'engine'
  }
  const when = point.by === 'time' ? {} : point.lost ? { arrived: strike } : { answered: strike }
  proxy.begin({ watch: { ...when, written: witness.lookAfter } })
  const run = scene.release({
    env: { [MARK]: mark },
    onStart: ({ kill: send }) => {
      kill = () => send('SIGKILL')
      if (point.by === 'time') setTimeout(kill, point.share * whole.duration).unref()
    },
  })
  return watched(scene, run)
}

/** Tells whether a request is the one of its kind at which the point is; how many an engine makes varies. */
function isAt(point: Point, { exchanges }: Whole): (exchange: Exchange) => boolean {
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

/** A SIGKILL does not reach the docker command that the step has started, which goes on for a moment. */
async function nothingLeftOf(mark: string, { proxy }: Scene): Promise<void> {
  do {
    while (await isAlive(mark)) await sleep(20)
    // The engine may still be about what it was asked.
    await proxy.quiet()
  } while (await isAlive(mark))
}

async function isAlive(mark: string): Promise<boolean> {
  const numbers = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name))
  // A process may be gone by now.
  const environments = numbers.map(number => readFile(`/proc/${number}/environ`, 'utf8').catch(() => ''))
  return (await Promise.all(environments)).some(text => text.split('\0').includes(`${MARK}=${mark}`))
}

/** Looks at the storage over and over while `run` lasts. */
async function watched<T>({ witness, mirrors }: Scene, run: Promise<T>): Promise<T> {
  let running = true
  const looking = (async () => {
    while (running) {
      await witness.look({ pushing: true })
      for (const mirror of mirrors) await mirror.look()
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
