import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forPeople, type Look, waitFor } from '../../src/gates/wait.ts'
import { type FakeClock, fakeClock, recordingLog } from './surroundings.ts'

test.each([
  { milliseconds: 0, text: '0 s' },
  { milliseconds: 400, text: '0 s' },
  { milliseconds: 1_000, text: '1 s' },
  { milliseconds: 59_499, text: '59 s' },
  { milliseconds: 59_500, text: '1 min' },
  { milliseconds: 60_000, text: '1 min' },
  { milliseconds: 200_000, text: '3 min 20 s' },
  { milliseconds: 3_600_000, text: '1 h' },
  { milliseconds: 3_661_000, text: '1 h 1 min 1 s' },
  { milliseconds: 7_205_000, text: '2 h 5 s' },
])('$milliseconds ms are $text', ({ milliseconds, text }) => {
  expect(forPeople(milliseconds)).toBe(text)
})

/** Waits with the package's intervals; gives back what came of it and the moments of the looks. */
const wait = async (
  look: (looks: number, left: number) => Look<string>,
  { timeout, clock = fakeClock() }: { timeout: number; clock?: FakeClock },
) => {
  const log = recordingLog()
  const started = clock.now()
  const looks: number[] = []
  const options = { timeout, firstInterval: 1_000, longestInterval: 15_000, what: 'the package' }
  const value = await waitFor(
    async left => {
      looks.push(clock.now() - started)
      return look(looks.length, left)
    },
    options,
    { log, clock },
  )
  return { value, looks, lines: log.lines, slept: clock.slept }
}

const again: Look<string> = { kind: 'again' }
const done: Look<string> = { kind: 'done', value: 'found' }

test('the first look is at once; what is there needs no wait and no line', async () => {
  expect(await wait(() => done, { timeout: 60_000 })).toEqual({
    value: 'found',
    looks: [0],
    lines: [],
    slept: [],
  })
})

test('without any time there is one look', async () => {
  expect(await wait(() => again, { timeout: 0 })).toEqual({
    value: undefined,
    looks: [0],
    lines: [],
    slept: [],
  })
})

test('intervals begin near a second and grow to 15 s; the last look is at the deadline', async () => {
  const { value, looks, slept } = await wait(() => again, { timeout: 100_000 })
  expect(value).toBeUndefined()
  const expected = [1000, 1500, 2250, 3375, 5062.5, 7593.75, 11390.625, 15000, 15000, 15000, 15000]
  expect(slept.slice(0, -1)).toEqual(expected)
  expect(looks.at(-1)).toBe(100_000)
})

test('one line when the wait begins, and one a minute', async () => {
  const { lines } = await wait(() => again, { timeout: 200_000 })
  expect(lines[0]).toBe('Waiting for the package, up to 3 min 20 s')
  const times = lines.slice(1).map(line => {
    const [, minutes] =
      /^Still waiting for the package: ([0-9]+) min(?: [0-9]+ s)? of 3 min 20 s$/.exec(line) ?? []
    return minutes
  })
  expect(times).toEqual(['1', '2', '3'])
})

describe('what the server asks for', () => {
  const asking = (notBefore: number) => (looks: number) => (looks === 1 ? { ...again, notBefore } : done)

  test('is kept', async () => {
    const { value, looks } = await wait(asking(40_000), { timeout: 60_000 })
    expect([value, looks]).toEqual(['found', [0, 40_000]])
  })

  test('does not make the wait shorter', async () => {
    expect((await wait(asking(1), { timeout: 60_000 })).looks).toEqual([0, 1_000])
  })

  test('ends the wait if it is more than what is left', async () => {
    const { value, looks } = await wait(asking(60_001), { timeout: 60_000 })
    expect([value, looks]).toEqual([undefined, [0]])
  })
})

test('a look is told how much is left, and takes its time from the same budget', async () => {
  const clock = fakeClock()
  const lefts: number[] = []
  const { looks } = await wait(
    (_, left) => {
      lefts.push(left)
      clock.pass(20_000)
      return again
    },
    { timeout: 50_000, clock },
  )
  expect(lefts).toEqual([50_000, 29_000, 7_500])
  expect(looks).toEqual([0, 21_000, 42_500])
})

test('whatever chance and server say: no look after the deadline, none too soon or too late', async () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
  const asked = fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 900_000 }),
      fc.array(fc.tuple(chance, asked), { minLength: 1, maxLength: 20 }),
      async (timeout, turns) => {
        let turn = 0
        const clock = fakeClock(() => turns[turn % turns.length]?.[0] ?? 0)
        const wishes: number[] = []
        const { looks, slept } = await wait(
          number => {
            turn = number
            const notBefore = turns[turn % turns.length]?.[1] ?? 0
            wishes.push(notBefore)
            return { kind: 'again', notBefore }
          },
          { timeout, clock },
        )
        expect(looks[0]).toBe(0)
        expect(looks.at(-1)).toBeLessThanOrEqual(timeout + 0.001)
        for (const [index, time] of slept.entries()) {
          const wish = wishes[index] ?? 0
          const isLast = index === slept.length - 1
          expect(time).toBeLessThanOrEqual(Math.max(15_000, wish))
          if (!isLast) expect(time).toBeGreaterThanOrEqual(Math.max(900, wish))
          else expect(time).toBeGreaterThanOrEqual(wish)
        }
      },
    ),
  )
})

test('an interruption ends the wait', async () => {
  const clock = fakeClock()
  clock.sleep = () => Promise.reject(new Error('interrupted'))
  await expect(wait(() => again, { timeout: 60_000, clock })).rejects.toThrow('interrupted')
})
