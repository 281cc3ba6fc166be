import { expect, test } from 'vitest'
import type { Log } from '../../src/log.ts'
import { maskedLog } from '../../src/report/masked-log.ts'
import { Secrets } from '../../src/secrets.ts'

const SECRET = 'correct-h0rse-ü'

/** A log that masks, and what it hands on. */
const start = () => {
  const lines: (string | undefined)[] = []
  const secrets = new Secrets()
  secrets.add(SECRET)
  const take = (...texts: (string | undefined)[]): void => void lines.push(...texts)
  const stage: Log['stage'] = (name, run) => run((line, verdict) => take(name, line, verdict))
  const all = { info: take, warning: take, notice: take, debug: take, raw: take, stage }
  return { lines, secrets, log: maskedLog({ ...all, foreign: run => run() }, secrets) }
}

test('every line', async () => {
  const { log, lines } = start()
  const text = `a ${SECRET} b`
  for (const say of [log.info, log.debug]) say(text)
  for (const say of [log.warning, log.notice]) say(text, text)
  await log.stage(text, async conclude => conclude(text, 'failed'))
  expect(lines).toEqual([...Array.from({ length: 8 }, () => 'a *** b'), 'failed'])
})

test('what a program prints, wherever it is cut; its last line gets an end', async () => {
  const text = `first\n#1 denied: ${SECRET}, \u001b[31mred\r\n\n${SECRET}${SECRET}\nAuthorization: Bearer x1y2z3\nlast ${SECRET}`
  for (let cut = 0; cut <= text.length; cut += 1) {
    const { log, lines } = start()
    await log.foreign(async () => {
      for (const part of [text.slice(0, cut), text.slice(cut, cut + 3), text.slice(cut + 3)]) log.raw(part)
    })
    const shown = 'first\n#1 denied: ***, \u001b[31mred\r\n\n******\nAuthorization: Bearer ***\nlast ***\n'
    expect(lines.join(''), `cut at ${cut}`).toBe(shown)
  }
})

test('whole lines at once, with what became secret meanwhile; half a line of one that failed, before the next', async () => {
  const { log, lines, secrets } = start()
  const run = log.foreign(async () => {
    log.raw('one\na token-0123')
    expect(lines).toEqual(['one\n'])
    secrets.add('token-0123')
    throw new Error('killed')
  })
  await expect(run).rejects.toThrow('killed')
  await log.foreign(async () => log.raw('next\n'))
  expect(lines).toEqual(['one\n', 'a ***\n', 'next\n'])
})
