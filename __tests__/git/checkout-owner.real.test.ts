import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCheckout } from '../../sandbox/git-checkout.ts'
import { inspectCheckout } from '../../src/git/checkout.ts'

test('a checkout of another user is looked at all the same', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-owner-'))
  try {
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n')
    const head = await makeCheckout(folder, 'https://github.com/dmwm/WMCore')
    for (const path of [folder, join(folder, '.git')]) await chown(path, 1, 1)
    const { signal } = new AbortController()
    const found = await inspectCheckout(
      { directory: folder, path: '.', gitTag: '2.3.4' },
      { env: process.env, signal },
    )
    expect(found).toMatchObject({ kind: 'checkout', head })
  } finally {
    await rm(folder, { recursive: true })
  }
})
