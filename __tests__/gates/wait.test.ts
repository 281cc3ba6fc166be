import fc from 'fast-check'
import { expect, test } from 'vitest'
import { waitFor } from '../../src/gates/wait.ts'
import { type FakeClock, fakeClock, surroundings } from './surroundings.ts'

/** Waits until a look says so; gives back what came of it and the moments of the looks. */
const wait = async (
  again: (looks: number) => { notBefore?: number } | undefined,
  { timeout, clock = fakeClock() }: { timeout: number; clock?: FakeClock },
) => {
  const ports = surroundings(clock)
  const started = clock.now()
  const looks: number[] = []
  const look = async (): Promise<number> => looks.push(clock.now() - started)
  const { seen, waited } = await waitFor({ what: 'the package', timeout }, { look, again }, ports)
  return { seen, waited, looks, lines: ports.log.lines, slept: clock.slept }
}

test.each([
  { what: 'what is there needs no wait', timeout: 60_000, again: () => undefined },
  { what: 'without any time there is one look', timeout: 0, again: () => ({}) },
  {
    what: 'a server that asks for more than is left is not asked again',
    timeout: 9,
    again: () => ({ notBefore: 10 }),
  },
])('$what, and no line', async ({ timeout, again }) => {
  expect(await wait(again, { timeout })).toEqual({ seen: 1, waited: 0, looks: [0], lines: [], slept: [] })
})

test('intervals grow from 2 s to 30 s; the last look is at the deadline', async () => {
  const { looks, slept } = await wait(() => ({}), { timeout: 200_000 })
  expect(slept.slice(0, -1)).toEqual([
    2000, 3000, 4500, 6750, 10125, 15187.5, 22781.25, 30000, 30000, 30000, 30000,
  ])
  expect(looks.at(-1)).toBe(200_000)
})

test('one line when the wait begins, and one a minute', async () => {
  const { lines } = await wait(() => ({}), { timeout: 200_000 })
  expect(lines).toHaveLength(4)
  expect(lines[0]).toBe('Waiting for the package, up to 3 min 20 s')
})

test('what the server asks for is kept, and does not make the wait shorter', async () => {
  const asking = (notBefore: number) => (looks: number) => (looks === 1 ? { notBefore } : undefined)
  expect(await wait(asking(40_000), { timeout: 60_000 })).toMatchObject({
    looks: [0, 40_000],
    waited: 40_000,
  })
  expect(await wait(asking(1), { timeout: 60_000 })).toMatchObject({ looks: [0, 2_000] })
})

test('whatever chance and server say: no look after the deadline, none too soon or too late', async () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
  const turns = fc.array(fc.tuple(chance, fc.nat({ max: 60_000 })), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 900_000 }), turns, async (timeout, all) => {
      let turn = 0
      const wishes: number[] = []
      const clock = fakeClock(() => all[turn % all.length]?.[0] ?? 0)
      const again = (looks: number) => {
        turn = looks
        const notBefore = all[turn % all.length]?.[1] ?? 0
        wishes.push(notBefore)
        return { notBefore }
      }
      const { looks, slept } = await wait(again, { timeout, clock })
      expect(looks.at(-1)).toBeLessThanOrEqual(timeout + 0.001)
      for (const [index, time] of slept.entries()) {
        const wish = wishes[index] ?? 0
        expect(time).toBeLessThanOrEqual(Math.max(30_000, wish))
        expect(time).toBeGreaterThanOrEqual(index === slept.length - 1 ? wish : Math.max(1_800, wish))
      }
    }),
  )
})

test('an interruption ends the wait', async () => {
  const clock = fakeClock()
  clock.sleep = () => Promise.reject(new Error('interrupted'))
  await expect(wait(() => ({}), { timeout: 60_000, clock })).rejects.toThrow('interrupted')
})
