import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Ended, stableRelease } from '../e2e/command-line.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { serve } from '../registry/serve.ts'
import { bundle, service } from './bundle.ts'

let isSilent = false
let registry: { host: string }
beforeEach(async () => {
  // It has nothing.
  registry = await serve((_, response) => {
    if (!isSilent) response.writeHead(404).end()
  })
})

const home = temporaryFolder()
const env = { PATH: process.env.PATH, HOME: home }
const image = (): string[] => [registry.host, 'cmswmcore']
const call = (...args: string[]): Promise<Ended> => stableRelease(args, { env, cwd: service })

describe('what was only looked at is printed, though it is a failure', () => {
  test.each([
    {
      args: ['verify', 'reqmgr2', '2.3.4'],
      table: /^\S+\n {2}2\.3\.4 +missing\n {2}2\.3\.4-stable +missing/,
    },
    { args: ['audit', 'reqmgr2'], table: /reqmgr2/ },
  ])('$args', async ({ args, table }) => {
    const ended = await call(...args, ...image())
    expect(ended).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(table), leftBehind: [] })
    expect(ended.stderr).toMatch(/^error: [\s\S]*\nSee https:\S+#not-as-planned\n$/m)
    const json = await call(...args, ...image(), '--json')
    expect(json.exitCode).toBe(1)
    expect(json.stdout.split('\n')).toHaveLength(2)
    expect(JSON.parse(json.stdout)).toMatchObject({ command: args[0], services: [{ service: 'reqmgr2' }] })
  })

  test('of others that fail, nothing', async () => {
    const ended = await call('build', 'reqmgr2', '2.3.4', ...image(), '--json')
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
  })
})

test('the password is not in the environment of programs', async () => {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  const seen = join(bin, 'environment')
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\nenv >> '${seen}'\nexit 1\n`, { mode: 0o755 })
  const args = ['build', 'reqmgr2', '2.3.4', ...image(), '--username', 'bob']
  const more = { PATH: `${bin}:${env.PATH}`, STABLE_RELEASE_PASSWORD: 'hush', OTHER: 'seen' }
  const ended = await stableRelease(args, { env: { ...env, ...more }, cwd: service })
  expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
  expect(readFileSync(seen, 'utf8')).toContain('OTHER=seen')
  expect(readFileSync(seen, 'utf8') + ended.stderr).not.toContain('hush')
})

test.each([
  {
    title: 'a wait for a password',
    args: ['verify', 'a', '1', 'b.ch', 'c', '--username=x', '--password-stdin'],
  },
  { title: 'explain', args: ['explain'] },
])('Ctrl-C ends $title at once', async ({ args }) => {
  const child = spawn(process.execPath, [bundle, ...args], { env })
  // It says nothing while it waits; sent earlier, the signal ends it just the same.
  setTimeout(() => child.kill('SIGINT'), 1_000)
  expect(await once(child, 'close')).toEqual([null, 'SIGINT'])
})

test('what a call left behind that was killed, the next one removes', async () => {
  const TMPDIR = temporaryFolder()
  const start = () => {
    const args = [bundle, 'verify', 'reqmgr2', '2.3.4', ...image()]
    return spawn(process.execPath, args, { env: { ...env, TMPDIR }, stdio: 'ignore' })
  }
  const left = () => readdirSync(TMPDIR).filter(name => name.startsWith('stable-release-'))
  isSilent = true
  const killed = start()
  await vi.waitFor(() => expect(left()).toHaveLength(1), 10_000)
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  expect(left()).toHaveLength(1)
  isSilent = false
  await once(start(), 'exit')
  expect(left()).toEqual([])
})
