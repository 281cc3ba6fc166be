import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { forServices } from '../../src/commands/for-services.ts'
import { eachAtOnce } from '../../src/each-at-once.ts'
import { ReleaseError } from '../../src/errors.ts'

const failure = (name: string) =>
  new ReleaseError('registry-unreadable', { what: `${name} is not there.`, remedy: `Mend ${name}.` })

const ofService = (service: string) => ({ service })

test('no more than so many at once, and all of them', async () => {
  let [now, most] = [0, 0]
  const seen: number[] = []
  await eachAtOnce([1, 2, 3, 4, 5, 6, 7], 3, async item => {
    now += 1
    most = Math.max(most, now)
    await sleep(2)
    seen.push(item)
    now -= 1
  })
  expect(most).toBe(3)
  expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('after the first error, no more is begun', async () => {
  const begun: number[] = []
  const all = eachAtOnce([1, 2, 3, 4, 5, 6], 2, async item => {
    begun.push(item)
    if (item === 2) throw failure('2')
    await sleep(5)
  })
  await expect(all).rejects.toThrow('2 is not there.')
  await sleep(20)
  expect(begun).toEqual([1, 2])
})

test('of services: what each gives, in their order; one error for all that failed, after all have ended', async () => {
  const ended: string[] = []
  const end = (failing: string) =>
    forServices(['a', 'b', 'c'].map(ofService), async ({ service: name }) => {
      await sleep(name === 'a' ? 10 : 1)
      ended.push(name)
      if (failing.includes(name)) throw failure(name)
      return name.toUpperCase()
    })
  expect(await end('')).toEqual(['A', 'B', 'C'])
  const what = 'This failed for 2 of 3 services:\n- a, b: a is not there.\n'
  await expect(end('ab')).rejects.toMatchObject({
    name: 'registry-unreadable',
    what,
    remedy: '- a: Mend a.\n- b: Mend b.',
  })
  expect(ended).toEqual(['b', 'c', 'a', 'b', 'c', 'a'])
})

test('a fault of the program is not joined with what is known', async () => {
  const fault = new TypeError('fault')
  const all = forServices(['a', 'b'].map(ofService), async ({ service: name }) => {
    throw name === 'a' ? failure('a') : fault
  })
  await expect(all).rejects.toBe(fault)
})
