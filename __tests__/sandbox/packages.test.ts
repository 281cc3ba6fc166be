import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'

const patience = 300_000

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cache-'))
})
afterEach(() => rm(cache, { recursive: true, force: true }))

/** Fetches packages in a process of its own, with a cache that is empty at first. */
const fetchElsewhere = (packages: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const module = (name: string) => JSON.stringify(join(import.meta.dirname, '../../sandbox', name))
  const script = `
    import { findReleases } from ${module('debian.ts')}
    import { fetchPackages } from ${module('packages.ts')}
    const packages = ${JSON.stringify(packages)}
    fetchPackages({ release: findReleases().own, packages }).then(console.log, ({ message }) => {
      console.error(message)
      process.exitCode = 1
    })`
  return run(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    env: { ...process.env, XDG_CACHE_HOME: cache, ...env },
  })
}

const content = () => readdir(join(cache, 'stable-release-action/packages'))

test('two processes that fetch the same at once get the same, whole', { timeout: patience }, async () => {
  const [one, other] = await Promise.all([
    fetchElsewhere(['busybox-static']),
    fetchElsewhere(['busybox-static']),
  ])
  expect(one).toBe(other)
  expect(await content()).toHaveLength(1)
  const [busybox] = (await readdir(one.trim(), { recursive: true })).filter(path =>
    path.endsWith('bin/busybox'),
  )
  expect(await run(join(one.trim(), busybox ?? ''), ['echo', 'hello'])).toBe('hello\n')
})

test('what cannot be fetched leaves nothing, and says why', { timeout: patience }, async () => {
  await expect(fetchElsewhere(['no-such-package'])).rejects.toThrow(
    'Unable to locate package no-such-package',
  )
  expect(await content()).toEqual([])
})

test('without apt-get the error names it', { timeout: patience }, async () => {
  const fetching = fetchElsewhere(['busybox-static'], { PATH: '/nowhere' })
  await expect(fetching).rejects.toThrow('apt-get update: there is no such command here')
})
