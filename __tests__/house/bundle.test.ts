import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const dist = join(import.meta.dirname, '../../dist')

// A dependency that comes with many others shows in the size.
test.each([
  { name: 'action', code: 'index.js', most: 450_000 },
  { name: 'post', code: 'index.js', most: 20_000 },
  { name: 'cli', code: 'stable-release.mjs', most: 500_000 },
])('the bundle $name is one file of at most $most bytes, and its licences', ({ name, code, most }) => {
  const others = readdirSync(join(dist, name)).filter(file => file !== code)
  expect(others.toSorted()).toEqual(['licenses.txt', 'package.json'])
  expect(statSync(join(dist, name, code)).size).toBeLessThanOrEqual(most)
})
