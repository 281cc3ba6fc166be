import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { asRunnerFault, errorOfServices, ReleaseError, remediesOf } from '../src/errors.ts'

const down = (service: string) => ({
  service,
  error: new ReleaseError('registry-unreadable', {
    what: `HEAD r.example/cms/${service} failed: no route.`,
    remedy: 'Wait.',
  }),
})
const missing = (service: string) => ({
  service,
  error: new ReleaseError('not-published', { what: `${service} is not there.\n`, remedy: 'Release it.' }),
})
const ofMany = (failures: ReturnType<typeof down>[], count: number) =>
  errorOfServices(failures, { name: 'not-ready', what: 'These are not ready', count })

test.each([
  { what: 'remedies that are the same', given: ['a Wait.', 'b Wait.'], says: 'Wait.' },
  { what: 'of one service', given: ['a Wait.', 'a Look.'], says: 'Wait. Look.' },
  { what: 'of two', given: ['a Wait.', 'b Look.', 'c Wait.'], says: '- a, c: Wait.\n- b: Look.' },
])('$what', ({ given, says }) => {
  const failures = given.map(text => ({ service: text.charAt(0), remedy: text.slice(2) }))
  expect(remediesOf(failures)).toBe(says)
})

test('one cause of all services is said once, with its own name', () => {
  const what = 'HEAD r.example/cms/reqmon failed: no route. It is the same for all 3 services.'
  const all = ['reqmon', 't0reqmon', 'wmagent'].map(down)
  expect(ofMany(all, 3)).toMatchObject({ name: 'registry-unreadable', what, remedy: 'Wait.' })
  expect(ofMany([down('a')], 1)).toMatchObject({ what: 'HEAD r.example/cms/a failed: no route.' })
})

test('several causes have a line each, with their services and remedies', () => {
  expect(ofMany([down('a'), missing('b'), down('c')], 3)).toMatchObject({
    name: 'not-ready',
    what: 'These are not ready:\n- a, c: HEAD r.example/cms/a failed: no route.\n- b: b is not there.\n',
    remedy: '- a, c: Wait.\n- b: Release it.',
  })
  expect(ofMany([missing('b')], 3)).toMatchObject({ name: 'not-ready', remedy: 'Release it.' })
})

test('what the system refuses is a fault of the runner, and nothing else is', async () => {
  const full = await writeFile('/dev/full', 'x').catch((error: unknown) => error)
  expect(asRunnerFault(full)).toMatchObject({
    name: 'runner-unusable',
    what: expect.stringMatching(
      /^The runner refused to read or write a file: ENOSPC: no space left on device, write\.$/,
    ),
    cause: full,
  })
  const known = new ReleaseError('build-failed', { what: 'x', remedy: 'y', cause: full })
  for (const error of [known, new TypeError('x is not a function'), 'text', undefined]) {
    expect(asRunnerFault(error)).toBe(error)
  }
})
