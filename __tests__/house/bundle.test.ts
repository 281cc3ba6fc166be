import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const dist = join(import.meta.dirname, '../../dist')

const bundles = [
  // What every run of the action loads: a dependency that comes with many others shows here first.
  { name: 'action', most: 150_000 },
  // Of every run, too, at its end.
  { name: 'post', most: 20_000 },
  // One file, which people fetch: octokit is inside.
  { name: 'cli', most: 500_000 },
]

/** What is loaded when it is due: the commands that ask a registry, and octokit. */
const CHUNK = /^[0-9]+\.index\.js$/

// A path that ncc believes to be an asset is copied into the bundle, and the code is led to the copy.
test.each(bundles)(
  'the bundle $name has nothing but its code, and the licences of what is in it',
  ({ name }) => {
    const files = readdirSync(join(dist, name)).filter(file => !(name === 'action' && CHUNK.test(file)))
    expect(files.sort()).toEqual(['index.js', 'licenses.txt', 'package.json'])
  },
)

test.each(bundles)('the bundle $name is no larger than $most bytes', ({ name, most }) => {
  expect(statSync(join(dist, name, 'index.js')).size).toBeLessThanOrEqual(most)
})

test('what is loaded when it is due is minified', () => {
  const chunks = readdirSync(join(dist, 'action')).filter(file => CHUNK.test(file))
  const sizes = chunks.map(file => statSync(join(dist, 'action', file)).size)
  expect(sizes.length).toBeGreaterThanOrEqual(2)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(350_000)
})
