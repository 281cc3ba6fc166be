import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErrorName, errorTitles } from '../../src/errors.ts'
import type { StepResult } from './action.ts'
import {
  type FaultBench,
  FIRST,
  LONG,
  MOVING,
  type Published,
  runAgain,
  type Scene,
  STABLE,
  startFaultBench,
  writes,
} from './fault-bench.ts'
import type { Call, Fault, Watch } from './fault-proxy.ts'
import { type Combination, type Expected, engineCombinations, OUR_COMBINATIONS } from './faults-expected.ts'

/** What a silent registry costs, several times, and the queue before it. In milliseconds. */
const PATIENCE = LONG ? 3_600_000 : 170_000

const counts = new Map<string, number>()
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)

const errorOf = ({ annotations }: StepResult): { title: string; message: string } => {
  const errors = annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  return errors[0] ?? { title: '', message: '' }
}

const nameOf = (title: string): ErrorName | undefined =>
  (Object.keys(errorTitles) as ErrorName[]).find(name => errorTitles[name] === title)

/** What the error is about: who is asked how to ask, or something of the image. */
const subjectOf = (call: Call, { proxy, image }: Scene): string =>
  /^(?:ping|token|engine ping|engine token)$/.test(call) ? proxy.host : image

const expectEnd = (step: StepResult, expected: Expected, call: Call, scene: Scene): 'green' | ErrorName => {
  if (expected.end === 'green' || (expected.end === 'as docker decides' && step.exitCode === 0)) {
    expect(step).toMatchObject({ exitCode: 0, annotations: [] })
    if (expected.end === 'green' && expected.retried)
      expect(step.log).toMatch(/; attempt 2 of \d+ in [0-9.]+ s/)
    return 'green'
  }
  expect(step.exitCode).toBe(1)
  const { title, message } = errorOf(step)
  const name = nameOf(title)
  if (expected.end === 'red') {
    expect({ name, message }).toEqual({ name: expected.error, message: expect.stringMatching(expected.says) })
  } else {
    expect(expected.errors).toContain(name)
  }
  expect(message).toContain(subjectOf(call, scene))
  return name ?? 'interrupted'
}

/** A run that stopped has written nothing after the answer that stopped it; before the push, nothing at all. */
const expectNothingWrittenAfter = ({ proxy }: Scene, { call }: Combination, published: Published): void => {
  const { exchanges } = proxy
  const stoppedAt = exchanges.findLastIndex(({ faulty }) => faulty)
  expect(writes(exchanges.slice(stoppedAt + 1), 'action')).toEqual([])
  switch (call) {
    case 'put':
    case 'final head':
      return
    case 'read back':
    case 'head again':
      expect(writes(exchanges, 'action')).toEqual([])
      expect(published).toMatchObject({ [STABLE]: undefined, [MOVING]: undefined })
      return
    default:
      expect(writes(exchanges, 'action')).toEqual([])
      if (!call.startsWith('engine')) expect(writes(exchanges, 'engine')).toEqual([])
  }
}

const tryOut = async (bench: FaultBench, name: string, combination: Combination): Promise<void> => {
  const { call, before, expected } = combination
  const scene = await bench.scene(name)
  const { proxy, witness } = scene
  const watch: Watch = {
    written: async ({ asker }) => void (await witness.look({ pushing: asker === 'engine' })),
  }
  try {
    if (before === 'first tag') await scene.interrupted()
    const { [FIRST]: firstBefore } = await witness.look()

    proxy.begin({ injection: combination, watch })
    const step = await scene.release()
    expect(
      proxy.exchanges.some(({ faulty }) => faulty),
      'the fault was put in',
    ).toBe(true)
    const end = expectEnd(step, expected, call, scene)
    const published = await witness.look()
    if (end === 'green') {
      expect(published).toEqual({
        [FIRST]: step.outputs.digest,
        [STABLE]: step.outputs.digest,
        [MOVING]: step.outputs.digest,
      })
    } else expectNothingWrittenAfter(scene, combination, published)
    expect(step.leftBehind).toEqual([])
    // Where docker's own client follows a redirect to, and with what, is not ours.
    expect(proxy.elsewhere.filter(({ asker, authorized }) => asker === 'action' && authorized)).toEqual([])

    // The fault is gone: a re-run brings the same end, and builds nothing that is published.
    await proxy.quiet()
    const { [FIRST]: left } = await witness.look()
    if (firstBefore !== undefined) expect(left).toBe(firstBefore)
    await runAgain(scene)
    count(end)
  } finally {
    await scene.stop()
  }
}

/** The faults of the short version: one of every sort, and those in which a mistake would cost most. */
const SHORT_ONCE: readonly Fault[] = ['403', '404', '503', 'answer lost', 'redirect to a thief']
const SHORT: readonly { call: Call; fault: Fault; times: 'once' | 'always' }[] = [
  { call: 'head', fault: 'time-out', times: 'once' },
  { call: 'ping', fault: '401', times: 'once' },
  { call: 'token', fault: '401', times: 'once' },
  { call: 'token', fault: 'not JSON', times: 'once' },
  { call: 'head', fault: '401', times: 'always' },
  { call: 'head', fault: '412 vulnerable', times: 'always' },
  { call: 'head', fault: 'not JSON', times: 'always' },
  { call: 'head', fault: 'no digest header', times: 'always' },
  { call: 'head', fault: 'wrong digest header', times: 'always' },
  { call: 'tags/list', fault: '503', times: 'always' },
  { call: 'tags/list', fault: 'half a body', times: 'once' },
  { call: 'get published', fault: 'truncated body', times: 'once' },
  { call: 'config', fault: 'half a body', times: 'once' },
  { call: 'config', fault: 'redirect', times: 'always' },
  { call: 'read back', fault: 'wrong digest header', times: 'once' },
  { call: 'read back', fault: '429', times: 'once' },
  { call: 'put', fault: '412 immutable', times: 'always' },
  { call: 'put', fault: '429 for long', times: 'once' },
  { call: 'put', fault: 'reset', times: 'always' },
  { call: 'put', fault: 'answer lost, then 412', times: 'always' },
  { call: 'put', fault: 'answer lost', times: 'always' },
  { call: 'final head', fault: '403', times: 'always' },
  { call: 'final head', fault: 'wrong digest header', times: 'once' },
]
const SHORT_ENGINE: readonly Fault[] = ['403', '503', 'reset']
const SHORT_ENGINE_CALLS: readonly Call[] = [
  'engine POST blob',
  'engine PATCH blob',
  'engine PUT blob',
  'engine PUT manifest',
]

const isShort = ({ call, fault, times }: Combination): boolean =>
  call.startsWith('engine')
    ? times === 'once' && SHORT_ENGINE.includes(fault) && SHORT_ENGINE_CALLS.includes(call)
    : (times === 'once' && SHORT_ONCE.includes(fault)) ||
      SHORT.some(one => one.call === call && one.fault === fault && one.times === times)

const wanted = (combinations: readonly Combination[]): Combination[] =>
  combinations.filter(combination => LONG || isShort(combination))

const titled = (combinations: readonly Combination[]) =>
  wanted(combinations).map((combination, number) => {
    const { call, fault, times, before } = combination
    return {
      title: `${call}, ${fault}, ${times}${before === 'nothing' ? '' : ', when the first tag is there'}`,
      number,
      combination,
    }
  })

describe.each([
  { who: 'the bundle', store: 'containerd', combinations: OUR_COMBINATIONS },
  {
    who: 'an engine with the containerd store',
    store: 'containerd',
    combinations: engineCombinations('containerd'),
  },
  { who: 'an engine with the classic store', store: 'classic', combinations: engineCombinations('classic') },
] as const)('what $who asks', ({ who, store, combinations }) => {
  let bench: FaultBench
  beforeAll(async () => {
    bench = await startFaultBench({ engine: { store } })
  })
  afterAll(async () => {
    await bench?.stop()
    const ends = [...counts].map(([end, times]) => `${end} ${times}`).join(', ')
    console.log(`faults of what ${who} asks: ${wanted(combinations).length} combinations (${ends})`)
    counts.clear()
  })

  test.concurrent.each(titled(combinations))('$title', { timeout: PATIENCE }, ({ number, combination }) =>
    tryOut(bench, `case-${number}`, combination),
  )
})
