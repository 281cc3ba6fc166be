import { expect, test } from 'vitest'
import { problemWith } from '../../scripts/act/published.ts'

const expected = { reqmgr2: ['2.3.4', '2.3.4-stable'] }

test.each([
  {
    name: 'all is there',
    published: { 'any/reqmgr2:2.3.4': 'a', 'any/reqmgr2:2.3.4-stable': 'a' },
    problem: undefined,
  },
  {
    name: 'a tag is missing',
    published: { 'any/reqmgr2:2.3.4': 'a' },
    problem: 'the registry has reqmgr2:2.3.4; it should have reqmgr2:2.3.4, reqmgr2:2.3.4-stable',
  },
  {
    name: 'nothing is there',
    published: {},
    problem: 'the registry has no tags; it should have reqmgr2:2.3.4, reqmgr2:2.3.4-stable',
  },
  {
    name: 'a tag too many',
    published: { 'any/reqmgr2:2.3.4': 'a', 'any/reqmgr2:2.3.4-stable': 'a', 'any/reqmgr2:latest': 'a' },
    problem:
      'the registry has reqmgr2:2.3.4, reqmgr2:2.3.4-stable, reqmgr2:latest; it should have reqmgr2:2.3.4, reqmgr2:2.3.4-stable',
  },
  {
    name: 'a stable tag on another image',
    published: { 'any/reqmgr2:2.3.4': 'a', 'any/reqmgr2:2.3.4-stable': 'b' },
    problem: 'any/reqmgr2:2.3.4: not the image of the stable tag',
  },
])('$name', ({ published, problem }) => {
  expect(problemWith(new Map(Object.entries(published)), expected)).toBe(problem)
})
