import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { serve } from '../e2e/loopback.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { bundle } from './bundle.ts'

test('what a call left behind that was killed, the next one removes', async () => {
  let isSilent = true
  const registry = await serve((_, response) => {
    if (!isSilent) response.writeHead(404).end()
  })
  const TMPDIR = temporaryFolder()
  const call = () =>
    spawn(process.execPath, [bundle, 'verify', 'reqmgr2', '2.3.4', registry.host, 'cmswmcore'], {
      env: { PATH: process.env.PATH, HOME: TMPDIR, TMPDIR },
      stdio: 'ignore',
    })
  const left = () => readdirSync(TMPDIR).filter(name => name.startsWith('stable-release-'))
  try {
    const killed = call()
    await vi.waitFor(() => expect(left()).toHaveLength(1), 10_000)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(left()).toHaveLength(1)
    isSilent = false
    await once(call(), 'exit')
    expect(left()).toEqual([])
  } finally {
    registry.stop()
  }
})
