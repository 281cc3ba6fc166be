import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorTitles } from '../../src/errors.ts'
import { expectFailure } from './expect-failure.ts'
import {
  type FaultBench,
  FIRST,
  LONG,
  MOVING,
  runAgain,
  STABLE,
  startFaultBench,
  writes,
} from './fault-bench.ts'
import type { Call, Fault } from './fault-calls.ts'
import { type Combination, engineCombinations, isLong, ourCombinations } from './faults-expected.ts'

/** What a silent registry costs, several times. In milliseconds. */
const PATIENCE = LONG ? 3_600_000 : 170_000

/** The faults of the short version: one of every sort, and those in which a mistake would cost most. */
const SHORT_ONCE: readonly Fault[] = ['403', '404', '503', 'answer lost', 'redirect to a thief']
const SHORT: readonly (readonly [Call, Fault, 'once' | 'always'])[] = [
  ['head', 'time-out', 'once'],
  ['ping', '401', 'once'],
  ['token', '401', 'once'],
  ['token', 'not JSON', 'once'],
  ['head', '401', 'always'],
  ['head', '412 vulnerable', 'always'],
  ['head', 'not JSON', 'always'],
  ['head', 'no digest header', 'always'],
  ['head', 'wrong digest header', 'always'],
  ['tags/list', '503', 'always'],
  ['tags/list', 'half a body', 'once'],
  ['get published', 'truncated body', 'once'],
  ['config', 'half a body', 'once'],
  ['config', 'redirect', 'always'],
  ['upload', 'answer lost', 'always'],
  ['upload', 'redirect', 'once'],
  ['cancel', 'time-out', 'always'],
  ['read back', 'wrong digest header', 'once'],
  ['read back', '429', 'once'],
  ['put', '412 immutable', 'always'],
  ['put', '429 for long', 'once'],
  ['put', 'reset', 'always'],
  ['put', 'answer lost, then 412', 'always'],
  ['put', 'answer lost', 'always'],
  ['final head', '403', 'always'],
  ['final head', 'wrong digest header', 'once'],
]

function isWanted({ call, fault, times }: Combination): boolean {
  if (LONG) return true
  if (/^engine P/.test(call)) return times === 'once' && ['403', '503', 'reset'].includes(fault)
  if (call.startsWith('engine')) return false
  return (
    (times === 'once' && SHORT_ONCE.includes(fault)) ||
    SHORT.some(([a, b, c]) => a === call && b === fault && c === times)
  )
}

describe.each([
  { who: 'the bundle', store: 'containerd', combinations: ourCombinations() },
  { who: 'the containerd store', store: 'containerd', combinations: engineCombinations('containerd') },
  { who: 'the classic store', store: 'classic', combinations: engineCombinations('classic') },
] as const)('what $who asks', ({ store, combinations }) => {
  let bench: FaultBench
  beforeAll(async () => {
    bench = await startFaultBench({ store })
  })
  afterAll(() => bench?.stop())

  // The long ones mostly wait: the others run meanwhile.
  const ordered = combinations.filter(isWanted).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)))
  test.concurrent.each(ordered.map((each, number) => ({ ...each, number })))(
    '$call, $fault, $times, the first tag is there: $firstIsThere',
    { timeout: PATIENCE },
    ({ number, ...combination }) => tryOut(bench, `case-${number}`, combination),
  )
})

async function tryOut(bench: FaultBench, name: string, combination: Combination): Promise<void> {
  const { call, fault, firstIsThere, expected } = combination
  const scene = await bench.scene(name)
  const { proxy, witness } = scene
  try {
    if (firstIsThere) await scene.interrupted()
    const { [FIRST]: firstBefore } = await witness.look()

    proxy.begin({ injection: combination, watch: { written: witness.lookAfter } })
    const step = await scene.release()
    const { exchanges } = proxy
    const stoppedAt = exchanges.findLastIndex(({ faulty }) => faulty)
    expect(stoppedAt, 'the fault was put in').not.toBe(-1)
    const published = await witness.look()
    if (
      expected === 'green' ||
      expected === 'retried' ||
      (typeof expected === 'object' && step.exitCode === 0)
    ) {
      expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
      if (expected === 'retried') expect(step.log).toMatch(/; attempt 2 of \d+ in [0-9.]+ s/)
      const { digest } = step.outputs
      expect(published).toEqual({ [FIRST]: digest, [STABLE]: digest, [MOVING]: digest })
    } else {
      // What the error is about: who is asked how to ask, or something of the image.
      const subject = /(?:ping|token)$/.test(call) ? proxy.host : scene.image
      const title = step.annotations.find(({ level }) => level === 'error')?.title
      const error =
        typeof expected === 'string' ? expected : expected.find(each => errorTitles[each] === title)
      const status =
        error?.startsWith('registry-') && call !== 'ping' ? (/^\d{3}/.exec(fault)?.[0] ?? '') : ''
      expectFailure(step, error ?? 'push-failed', [subject, status])
      // Nothing is written after the answer that stopped the run; before the push, nothing at all.
      const isOfCopies = call === 'put' || call === 'final head'
      // A page with status 200 stops nothing yet: the read-back finds out.
      if (!(call === 'put' && fault === 'not JSON'))
        expect(writes(isOfCopies ? exchanges.slice(stoppedAt + 1) : exchanges, 'action')).toEqual([])
      const isAfterPush = isOfCopies || call === 'read back' || call === 'head again'
      if (!isAfterPush && !call.startsWith('engine')) expect(writes(exchanges, 'engine')).toEqual([])
      if (!isOfCopies) expect(published).toMatchObject({ [STABLE]: undefined, [MOVING]: undefined })
    }
    // Where docker's own client follows a redirect to, and with what, is not ours.
    expect(proxy.stolenFrom).not.toContain('action')

    // The fault is gone: a re-run brings the same end, and builds nothing that is published.
    await proxy.quiet()
    const { [FIRST]: left } = await witness.look()
    if (firstBefore !== undefined) expect(left).toBe(firstBefore)
    await runAgain(scene)
  } finally {
    await scene.stop()
  }
}
