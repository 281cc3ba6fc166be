import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMIT, type StepResult } from './action.ts'
import { type FaultBench, FIRST, LONG, STABLE, startFaultBench } from './fault-bench.ts'

/** Two releases of one git tag whose images differ, the second of which begins later. */
interface Round {
  /** The head start of the first, as a share of the time that a release takes. */
  readonly share: number
  /** The commit that the second says it is for: a re-run of the same, or a tag that was moved. */
  readonly sha: string
}

const OTHER_COMMIT = COMMIT.split('').toReversed().join('')

/**
 * Why a run may be red: it saw the other one; or it met what the other one was about to write. Both share an engine,
 * which then misses content (containerd), and a registry, which shows files that are half written (distribution 4489).
 */
const LOST =
  /does not hold what was planned|is already there|The push failed|The registry gave no usable answer/

const roundsOf = (count: number): Round[] =>
  Array.from({ length: count }, (_, index) => ({
    share: index / count,
    sha: index % 2 === 0 ? COMMIT : OTHER_COMMIT,
  }))

const race = async (bench: FaultBench, name: string, round: Round, duration: number): Promise<string> => {
  const scene = await bench.scene(name)
  try {
    const steps = await Promise.all([
      scene.release(),
      sleep(round.share * duration).then(() => scene.release({ sha: round.sha, with: { context: 'other' } })),
    ])
    await scene.proxy.quiet()
    const published = await scene.witness.look()
    const isGreen = ({ exitCode }: StepResult): boolean => exitCode === 0
    const green = steps.filter(isGreen)
    // Who is green has what the registry has; so no two are green with different images.
    for (const { outputs } of green)
      expect(published).toMatchObject({ [FIRST]: outputs.digest, [STABLE]: outputs.digest })
    for (const step of steps.filter(step => !isGreen(step))) {
      expect(
        step.annotations.map(({ title }) => title),
        step.log,
      ).toEqual([expect.stringMatching(LOST)])
    }
    if (green.length === 2) return 'both green with the same image'
    if (green.length === 1) return 'one green, one red'
    return published[STABLE] === undefined || published[STABLE] === published[FIRST]
      ? 'both red, and the promises hold'
      : 'both red, and the stable tag differs'
  } finally {
    await scene.stop()
  }
}

describe.each(['containerd', 'classic'] as const)('two releases at once, %s store', store => {
  const rounds = roundsOf(LONG ? 50 : 4)
  const outcomes = new Map<string, number>()
  let bench: FaultBench
  let duration: number
  beforeAll(async () => {
    bench = await startFaultBench({ engine: { store } })
    const scene = await bench.scene('alone')
    const started = performance.now()
    // Green, or the rounds would say nothing.
    expect(await scene.release()).toMatchObject({ exitCode: 0 })
    duration = performance.now() - started
    await scene.stop()
  })
  afterAll(async () => {
    await bench?.stop()
    const counted = Array.from(outcomes, ([outcome, times]) => `${outcome} ${times}`).join(', ')
    console.log(`${rounds.length} races, ${store} store: ${counted}`)
  })

  test.each(rounds)('the second begins after $share of the first, for $sha', async round => {
    const outcome = await race(bench, `race-${rounds.indexOf(round)}`, round, duration)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  })
})
