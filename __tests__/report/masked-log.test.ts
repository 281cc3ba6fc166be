import { expect, test } from 'vitest'
import type { Log } from '../../src/log.ts'
import { maskedLog } from '../../src/report/masked-log.ts'
import { Secrets } from '../../src/secrets.ts'

const SECRET = 'correct-h0rse-ü'

/** A log that masks, and everything that it hands on. */
const start = () => {
  const lines: string[] = []
  const raw: string[] = []
  const take = (...texts: (string | undefined)[]): void =>
    void lines.push(texts.filter(text => text !== undefined).join(': '))
  const inner: Log = {
    info: take,
    warning: take,
    notice: take,
    debug: take,
    raw: text => void raw.push(text),
    foreign: run => run(),
    stage: (name, run) => {
      take(name)
      return run(take)
    },
  }
  const secrets = new Secrets()
  secrets.add(SECRET)
  return { log: maskedLog(inner, secrets), lines, raw, secrets }
}

test('every line', async () => {
  const { log, lines } = start()
  const text = `a ${SECRET} b`
  log.info(text)
  log.warning(text, text)
  log.notice(text, text)
  log.debug(text)
  await log.stage(text, async conclude => conclude(text, 'failed'))
  expect(lines).toEqual([
    'a *** b',
    'a *** b: a *** b',
    'a *** b: a *** b',
    'a *** b',
    'a *** b',
    'a *** b: failed',
  ])
})

test('what a program prints, wherever it is cut', async () => {
  const text = `first\n#1 denied: ${SECRET}, \u001b[31mred\r\n\n${SECRET}${SECRET}\nAuthorization: Bearer x1y2z3\nlast ${SECRET}`
  const shown = 'first\n#1 denied: ***, \u001b[31mred\r\n\n******\nAuthorization: Bearer ***\nlast ***'
  for (let cut = 0; cut <= text.length; cut += 1) {
    const { log, raw } = start()
    await log.foreign(async () => {
      log.raw(text.slice(0, cut))
      log.raw(text.slice(cut, cut + 3))
      log.raw(text.slice(cut + 3))
    })
    expect(raw.join(''), `cut at ${cut}`).toBe(shown)
  }
})

test('a whole line is shown when it is there, the last one when the program has ended', async () => {
  const { log, raw } = start()
  await log.foreign(async () => {
    log.raw('one\ntwo')
    expect(raw).toEqual(['one\n'])
    log.raw(' and a half\nthree')
    expect(raw).toEqual(['one\n', 'two and a half\n'])
  })
  expect(raw).toEqual(['one\n', 'two and a half\n', 'three'])
})

test('the last line of a program that could not be waited for, too, and none of it in the next one', async () => {
  const { log, raw } = start()
  const failure = new Error('killed')
  const run = log.foreign(async () => {
    log.raw(SECRET.slice(0, 5))
    throw failure
  })
  await expect(run).rejects.toBe(failure)
  await log.foreign(async () => log.raw('next\n'))
  expect(raw).toEqual([SECRET.slice(0, 5), 'next\n'])
})

test('a secret that becomes known while a program runs', async () => {
  const { log, raw, secrets } = start()
  await log.foreign(async () => {
    log.raw('a token-0123')
    secrets.add('token-0123')
    log.raw(' b\n')
  })
  expect(raw).toEqual(['a *** b\n'])
})
