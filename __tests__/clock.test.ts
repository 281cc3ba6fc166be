import { expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'

test('a wait ends with the reason of the signal', async () => {
  const controller = new AbortController()
  const reason = new Error('cancelled')
  const waiting = systemClock(controller.signal).sleep(60_000)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(systemClock(controller.signal).sleep(1)).rejects.toBe(reason)
})

test('a wait that nothing ends takes its time', async () => {
  const clock = systemClock(new AbortController().signal)
  const started = clock.now()
  await clock.sleep(30)
  expect(clock.now() - started).toBeGreaterThanOrEqual(29)
})
