import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { asRunnerFault, ReleaseError } from '../src/errors.ts'
import { errorOfServices, linesOfServices, remediesOf } from '../src/service-errors.ts'

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

test('neither the tag that was asked for first nor the number of attempts makes another cause', () => {
  const asked = ['a:2.4.5', 'b:2.4.5-stable', 'c@sha256:0'].map((reference, index) => {
    const [service = ''] = reference.split(/[:@]/)
    const what = `No answer for r.example/cms/${reference}: HEAD https://r.example/v2/cms/${service}/${index}: ENOTFOUND (after ${index + 1} attempts).`
    return { service, error: new ReleaseError('registry-unreadable', { what, remedy: 'Wait.' }) }
  })
  const what = expect.stringMatching(/^No answer .*a:2\.4\.5: .* for all 3 services\.$/)
  expect(ofMany(asked, 3)).toMatchObject({ name: 'registry-unreadable', what })
  expect(ofMany(asked, 4)).toMatchObject({
    name: 'not-ready',
    what: expect.stringMatching(/:\n- a, b, c: .*\n$/),
  })
})

test('all failed alike for different reasons: each reason is told, under the name that they share', () => {
  const other = { service: 'b', error: new ReleaseError('registry-unreadable', { what: 'x', remedy: 'y' }) }
  const what = expect.stringContaining('\n- b: x\n')
  expect(ofMany([down('a'), other], 2)).toMatchObject({ name: 'registry-unreadable', what })
  expect(ofMany([down('a'), other], 3)).toMatchObject({ name: 'not-ready', what })
})

test('what is the same for several services is one line of them', () => {
  const said = ['a x is not there', 'b x is not there', 'c c is', 'd y'].map(text => {
    return { service: text.charAt(0), what: text.slice(2) }
  })
  expect(linesOfServices(said)).toBe('- a, b: x is not there\n- c: c is\n- d: y\n')
})

test('a quoted reason that ends in a full stop gets no second one', () => {
  const { what, message } = new ReleaseError('push-failed', {
    what: 'Of 10.0 GiB.. In ../.. or so...',
    remedy: 'y',
  })
  expect(what).toBe('Of 10.0 GiB. In ../.. or so...')
  expect(message).toBe(`${what} y`)
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
