import fc from 'fast-check'
import { expect, test } from 'vitest'
import { annotationsOf, noteAbout, type PromotionNote } from '../../src/registry/promotion-record.ts'

const STABLE = 'registry.cern.ch/cmswmcore/reqmgr2:2.4.5-stable'
const OWN = 'io.github.dmwm.stable-release.record'
const note: PromotionNote = {
  destination: STABLE,
  time: '2026-11-24T17:02:11Z',
  written: true,
  checks: [{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }],
  actor: 'amaltaro',
  run: 'https://github.com/dmwm/WMCore/actions/runs/7',
  environment: 'production',
}

/** What a list of records tells of the stable tag. */
const told = (annotations: Readonly<Record<string, unknown>>): PromotionNote | undefined =>
  noteAbout([{ annotations }], STABLE)

test('what a list of records tells is what was recorded, whatever it is', () => {
  const word = fc.string({ unit: fc.constantFrom(...`aZ9_ .,@()<>"'&-`), minLength: 1, maxLength: 80 })
  const address = fc.constantFrom('https://ci.example/7', 'http://ci.example:80/a?b=c&d#e')
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const notes = fc.record({
    destination: fc.constant(STABLE),
    time: fc.constantFrom('2026-11-24T17:02:11Z', '2000-01-01T00:00:00.5Z'),
    written: fc.boolean(),
    checks: fc.array(fc.record({ name: word, state: word, url: maybe(address) }), { maxLength: 3 }),
    actor: maybe(word),
    run: maybe(address),
    environment: maybe(word),
  })
  fc.assert(
    fc.property(notes, any => {
      expect(told(annotationsOf(any))).toEqual(any)
    }),
  )
})

test('it is what the last run says that wrote the tag, else the first that found it there', () => {
  const at = (month: number, written: boolean) => ({
    annotations: annotationsOf({ ...note, time: `2026-0${month}-01T00:00:00Z`, written }),
  })
  const monthOf = (...list: ReturnType<typeof at>[]) => noteAbout(list, STABLE)?.time.slice(5, 7)
  expect(monthOf(at(3, true), at(1, true), at(2, true))).toBe('03')
  expect(monthOf(at(1, true), at(2, false))).toBe('01')
  expect(monthOf(at(2, false), at(1, false))).toBe('01')
})

test.each<{ what: string; annotations?: unknown }>([
  { what: 'no annotations' },
  { what: 'annotations that are none', annotations: 'x' },
  { what: 'of another tag', annotations: annotationsOf({ ...note, destination: `${STABLE}2` }) },
  { what: 'of another repository', annotations: annotationsOf({ ...note, destination: 'ghcr.io/a/b:1' }) },
  { what: 'of another kind', annotations: { ...annotationsOf(note), 'in-toto.io/predicate-type': 'x' } },
  { what: 'without a time', annotations: annotationsOf({ ...note, time: '' }) },
  { what: 'of no time', annotations: annotationsOf({ ...note, time: 'yesterday' }) },
  { what: 'of a time that is not', annotations: annotationsOf({ ...note, time: '2026-13-41T25:61:61Z' }) },
  { what: 'of the future', annotations: annotationsOf({ ...note, time: '2999-01-01T00:00:00Z' }) },
  { what: 'a list for a text', annotations: { ...annotationsOf(note), [`${OWN}.destination`]: [] } },
])('it is nothing: $what', descriptor => {
  expect(noteAbout([descriptor, null, 'x', 7, []], STABLE)).toBeUndefined()
})

test('it is data: one escaped line, bounded, with addresses that are some', () => {
  const found = told({
    ...annotationsOf(note),
    [`${OWN}.actor`]: `\u001b[31m\n::error::x${'y'.repeat(1_000)}`,
    // Half an address would lead elsewhere.
    [`${OWN}.run`]: `https://ci.example/${'x'.repeat(400)}`,
    [`${OWN}.environment`]: 'a\u202eb',
    [`${OWN}.checks`]: JSON.stringify([
      { name: 'x\n##[error]', state: 'success', url: 'javascript:alert(1)' },
      { name: 7, state: 'success' },
      'no check',
      ...Array(50).fill({ name: 'many', state: 'success' }),
    ]),
  })
  expect(found).toMatchObject({ run: undefined, environment: 'a\\u202eb' })
  expect(found?.actor).toMatch(/^\\u001b\[31m\\u000a/)
  expect(found?.actor?.length).toBeLessThan(500)
  expect(found?.checks.length).toBeLessThanOrEqual(5)
  const name = expect.stringMatching(/^x\\u000a##\\u005b/)
  expect(found?.checks[0]).toEqual({ name, state: 'success', url: undefined })
})
