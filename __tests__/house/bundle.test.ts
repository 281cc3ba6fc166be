import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const dist = join(import.meta.dirname, '../../dist')

const bundles = [
  // What every run of the action loads: a dependency that comes with many others shows here first.
  { name: 'action', holds: ['github'], most: 250_000 },
  // octokit, for the runs that ask GitHub.
  { name: 'action/github', holds: [], most: 650_000 },
  // Of every run, too, at its end.
  { name: 'post', holds: [], most: 20_000 },
  // One file, which people fetch: octokit is inside.
  { name: 'cli', holds: [], most: 850_000 },
]

// A path that ncc believes to be an asset is copied into the bundle, and the code is led to the copy.
test.each(bundles)('the bundle $name is one file, with the licences of what is in it', ({ name, holds }) => {
  const files = [...holds, 'index.js', 'licenses.txt', 'package.json']
  expect(readdirSync(join(dist, name)).sort()).toEqual(files)
})

test.each(bundles)('the bundle $name is no larger than $most bytes', ({ name, most }) => {
  expect(statSync(join(dist, name, 'index.js')).size).toBeLessThanOrEqual(most)
})
