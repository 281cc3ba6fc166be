import { describe, expect, test } from 'vitest'
import { ReleaseError } from '../../src/errors.ts'
import {
  failureInWords,
  failureOf,
  failureText,
  kindInWords,
  outcomeInWords,
  seconds,
  withShortDigests,
} from '../../src/report/words.ts'
import { digest } from '../reconcile/world.ts'

const tag = { tag: '2.3.4', reference: 'ghcr.io/cmswmcore/reqmgr2:2.3.4', stable: false, moving: false }

describe('what became of a tag', () => {
  test.each([
    { command: 'plan', outcome: 'planned', says: 'planned' },
    {
      command: 'plan',
      outcome: 'withheld',
      note: 'waits for its promotion',
      says: 'withheld: waits for its promotion',
    },
    { command: 'build', outcome: 'built', says: 'built, not pushed' },
    { command: 'build', outcome: 'planned', says: 'written by push' },
    { command: 'push', outcome: 'built', says: 'pushed' },
    { command: 'release', outcome: 'built', says: 'built' },
    { command: 'release', outcome: 'planned', says: 'not written' },
    { command: 'release', outcome: 'pushed', says: 'in the registry now, not read back' },
    { command: 'release', outcome: 'kept', says: 'there already' },
    { command: 'promote', outcome: 'kept', says: 'kept' },
    { command: 'verify', outcome: 'kept', says: 'as planned' },
    { command: 'verify', outcome: 'planned', says: 'could not be read' },
    { command: 'verify', outcome: 'missing', says: 'missing' },
    { command: 'verify', outcome: 'different', note: 'is sha256:b', says: 'different: is sha256:b' },
    {
      command: 'release',
      outcome: 'stayed',
      note: 'stays with 2.3.5, which is newer',
      says: 'stays with 2.3.5, which is newer',
    },
  ] as const)('$command, $outcome: $says', ({ command, says, ...result }) => {
    expect(outcomeInWords({ ...tag, ...result }, command)).toBe(says)
  })

  test('what was replaced goes along', () => {
    const replaced = digest('b')
    const result = { ...tag, outcome: 'copied', replaced, note: `replaces ${replaced}` } as const
    expect(outcomeInWords(result, 'release')).toBe(`copied, replaces ${replaced}`)
    expect(withShortDigests(outcomeInWords(result, 'release'))).toBe('copied, replaces sha256:bbbbbbbbbbbb…')
  })
})

test.each([
  { stable: false, moving: false, says: '' },
  { stable: true, moving: false, says: 'stable' },
  { stable: false, moving: true, says: 'moving' },
  { stable: true, moving: true, says: 'stable, moving' },
])('what kind of tag it is: $says', ({ says, ...kind }) => {
  expect(kindInWords({ ...tag, ...kind, outcome: 'built' })).toBe(says)
})

test.each([
  { text: 'sha256:abc', short: 'sha256:abc' },
  { text: digest('a'), short: `sha256:${'a'.repeat(12)}…` },
  {
    text: `sha512:${'0'.repeat(128)} and ${digest('a')}.`,
    short: 'sha512:000000000000… and sha256:aaaaaaaaaaaa….',
  },
])('digests are cut short: $short', ({ text, short }) => {
  expect(withShortDigests(text)).toBe(short)
})

describe('a failure', () => {
  const known = new ReleaseError('push-failed', { what: 'It was not pushed.', remedy: 'Run it again.' })
  const stopped = new ReleaseError('interrupted', { what: 'The run was stopped.', remedy: 'Run it again.' })

  test('that is known has its title and its remedy', () => {
    expect(failureOf(known)).toMatchObject({ name: 'push-failed', what: 'It was not pushed.' })
    expect(failureText(failureOf(known))).toBe('It was not pushed. Run it again.')
    expect(failureInWords(known)).toBe(`failed: ${known.title}`)
    expect(failureInWords(stopped)).toBe('interrupted')
  })

  test('that is not known is one of the action, in one line', () => {
    const failure = failureOf(new TypeError('x\n::error::y'))
    expect(failure).toMatchObject({ name: undefined, title: 'Internal error: please report it' })
    expect(failure.what).not.toContain('\n')
    expect(failureInWords(new TypeError('x'))).toBe('failed')
    expect(failureOf('a text')).toMatchObject({ what: 'a text.' })
  })

  test('of several lines is followed by its remedy on a line of its own', () => {
    expect(failureText({ name: undefined, title: '', what: 'It said:\n  no\n', remedy: 'Try it.' })).toBe(
      'It said:\n  no\nTry it.',
    )
  })
})

test.each([
  { milliseconds: 0, says: '0.0 s' },
  { milliseconds: 1_340, says: '1.3 s' },
  { milliseconds: 90_000, says: '90.0 s' },
])('$milliseconds ms are $says', ({ milliseconds, says }) => {
  expect(seconds(milliseconds)).toBe(says)
})
