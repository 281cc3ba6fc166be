import { expect, test } from 'vitest'
import { afterBrokenPush } from '../../src/commands/push-first.ts'
import { PushInterruptedError } from '../../src/docker/push.ts'
import type { Log } from '../../src/log.ts'

const broken = new PushInterruptedError({
  what: 'ghcr.io/dmwm/das2go:2.3.4 was not pushed: docker ended with exit status 1: unexpected EOF.',
  remedy: 'Check that the account may push there, then run the job again.',
})

/** A log that keeps its lines; nothing else of it is used. */
const linesOf = (): { log: Log; lines: string[] } => {
  const lines: string[] = []
  const none = (): void => {}
  const log: Log = {
    info: line => void lines.push(line),
    warning: none,
    notice: none,
    debug: none,
    raw: none,
    foreign: run => run(),
    stage: (_, run) => run(none),
  }
  return { log, lines }
}

test('a push that broke is announced with its next attempt, and not with what to do at the very end', async () => {
  const { log, lines } = linesOf()
  const retry = afterBrokenPush(async (attempt, announce) => {
    if (attempt >= 2) return false
    announce('attempt 2 of 2 in 1.3 s')
    return true
  }, log)
  expect(await retry(broken, 1)).toBe(true)
  expect(await retry(broken, 2)).toBe(false)
  expect(lines).toEqual([`attempt 2 of 2 in 1.3 s: ${broken.what}`])
})

test('what is no broken push is not tried again', async () => {
  const { log, lines } = linesOf()
  const retry = afterBrokenPush(() => Promise.reject(new Error('not reached')), log)
  expect(await retry(new Error('something else'), 1)).toBe(false)
  expect(lines).toEqual([])
})
