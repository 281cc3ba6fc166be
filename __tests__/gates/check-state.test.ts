import { describe, expect, test } from 'vitest'
import {
  type CheckState,
  type ChecksOfCommit,
  checksInFull,
  checksInShort,
  hintFor,
} from '../../src/gates/check-state.ts'

const there = (...names: string[]): ChecksOfCommit => ({
  statuses: names.map(context => ({ context, state: 'success', url: undefined })),
  runs: names.slice(0, 1).map((name, id) => ({
    id,
    name,
    app: 'github-actions',
    status: 'completed',
    conclusion: 'success',
    url: undefined,
    detailsUrl: undefined,
  })),
})

const twelve = Array.from({ length: 12 }, (_, index) => `check ${String.fromCharCode(97 + index)}`)

test.each([
  { name: 'testbed', commit: there(), hint: 'the commit has no checks' },
  { name: 'testbed', commit: there('unit', 'lint'), hint: 'the commit has "lint", "unit"' },
  {
    name: 'testbed',
    commit: there(...twelve.slice(0, 10)),
    hint: `the commit has ${twelve
      .slice(0, 10)
      .map(name => `"${name}"`)
      .join(', ')}`,
  },
  {
    name: 'testbed',
    commit: there(...twelve),
    hint: `the commit has ${twelve
      .slice(0, 10)
      .map(name => `"${name}"`)
      .join(', ')} and 2 more`,
  },
  {
    name: 'testbed, lint',
    commit: there('testbed'),
    hint: 'did you mean "testbed", "lint", one a line? the commit has "testbed"',
  },
  { name: 'test (3.8, slow)', commit: there('unit'), hint: 'the commit has "unit"' },
  { name: 'testbed,', commit: there('unit'), hint: 'the commit has "unit"' },
])('$name is not found: $hint', ({ name, commit, hint }) => {
  expect(hintFor(name, commit)).toBe(hint)
})

describe('how checks stand, in words', () => {
  const url = 'https://ci.example.org/7'
  const testbed = (
    kind: CheckState['kind'],
    state: string,
    others: Partial<CheckState> = {},
  ): CheckState => ({
    name: 'testbed',
    kind,
    state,
    url: undefined,
    ...others,
  })
  test.each([
    { state: testbed('passed', 'success'), short: 'testbed passed' },
    { state: testbed('failed', 'failure'), short: 'testbed failed' },
    { state: testbed('failed', 'error'), short: 'testbed failed' },
    { state: testbed('failed', 'timed_out'), short: 'testbed did not pass (timed out)' },
    { state: testbed('running', 'in_progress'), short: 'testbed is in progress' },
    { state: testbed('absent', 'not found'), short: 'testbed was not found' },
  ])('$short', ({ state, short }) => {
    expect(checksInShort([state, state])).toBe(`${short}, ${short}`)
    expect(checksInFull([state])).toBe(short)
    expect(checksInFull([{ ...state, url }])).toBe(`${short} (${url})`)
    expect(checksInFull([{ ...state, hint: 'why' }])).toBe(`${short} (why)`)
  })
})
