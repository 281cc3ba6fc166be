import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const dist = join(import.meta.dirname, '../../dist')

// A path that ncc believes to be an asset is copied into the bundle, and the code is led to the copy.
test.each(['action', 'cli'])('the bundle %s is one file, with the licences of what is in it', name => {
  expect(readdirSync(join(dist, name)).sort()).toEqual(['index.js', 'licenses.txt', 'package.json'])
})

// Loading it is a part of every run: a dependency that comes with many others shows here first.
test.each(['action', 'cli'])('the bundle %s is at most 0.2 MB', name => {
  expect(statSync(join(dist, name, 'index.js')).size).toBeLessThanOrEqual(200_000)
})
