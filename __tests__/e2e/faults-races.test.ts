import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorTitles } from '../../src/errors.ts'
import { COMMIT } from './action.ts'
import { type FaultBench, FIRST, LONG, STABLE, startFaultBench } from './fault-bench.ts'

/** The second release is a re-run of the same commit, or its git tag was moved. */
const OTHER_COMMIT = COMMIT.split('').toReversed().join('')

/**
 * Why a run may be red: it saw the other one; or it met what the other one was about to write. Both share an engine,
 * which then misses content (containerd), and a registry, which shows files that are half written (distribution 4489).
 */
const LOST = (['not-as-planned', 'already-published', 'push-failed', 'registry-unreadable'] as const).map(
  name => errorTitles[name],
)

/** How much later the second begins, as a share of the time that a release takes. */
const COUNT = LONG ? 50 : 4
const rounds = Array.from({ length: COUNT }, (_, index) => ({
  share: index / COUNT,
  sha: index % 2 === 0 ? COMMIT : OTHER_COMMIT,
}))

describe.each(['containerd', 'classic'] as const)('two releases at once, %s store', store => {
  let bench: FaultBench
  let duration: number
  beforeAll(async () => {
    bench = await startFaultBench({ store })
    const scene = await bench.scene('alone')
    const started = performance.now()
    // Green, or the rounds would say nothing.
    expect(await scene.release()).toMatchObject({ exitCode: 0 })
    duration = performance.now() - started
    await scene.stop()
  })
  afterAll(() => bench?.stop())

  test.each(rounds)('the second begins after $share of the first, for $sha', async ({ share, sha }) => {
    const scene = await bench.scene(`race-${share * COUNT}`)
    try {
      const steps = await Promise.all([
        scene.release(),
        sleep(share * duration).then(() => scene.release({ sha, with: { context: 'other' } })),
      ])
      await scene.proxy.quiet()
      const published = await scene.witness.look()
      for (const { exitCode, outputs, annotations, log } of steps) {
        // Who is green has what the registry has; so no two are green with different images.
        if (exitCode === 0)
          expect(published).toMatchObject({ [FIRST]: outputs.digest, [STABLE]: outputs.digest })
        else
          expect(
            annotations.map(({ title }) => title),
            log,
          ).toEqual([expect.toBeOneOf(LOST)])
      }
    } finally {
      await scene.stop()
    }
  })
})
