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
  // It has nothing, and shows nothing of what is closed.
  registry = await serve(({ url }, response) => {
    if (!isSilent) response.writeHead(url?.includes('closed') ? 403 : 404).end()
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
    const found = { command: args[0], services: [{ service: 'reqmgr2' }] }
    expect(JSON.parse(json.stdout)).toMatchObject({ ...found, error: { name: 'not-as-planned' } })
  })

  test.each([
    ['verify', 'reqmgr2,closed', '2.3.4'],
    ['audit', 'reqmgr2,closed'],
  ])('%s %s: what differs decides, though something could not be read', async (...args) => {
    const ended = await call(...args, ...image(), '--json')
    expect(ended.exitCode).toBe(1)
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { name: 'not-as-planned' } })
  })

  test.each([
    ['verify', 'closed', '2.3.4'],
    ['audit', 'closed'],
  ])('%s %s: nothing differs, and something could not be read', async (...args) => {
    const ended = await call(...args, ...image(), '--json')
    expect(ended).toMatchObject({ exitCode: 3, leftBehind: [] })
    const { command, services, error } = JSON.parse(ended.stdout)
    expect({ command, services, error }).toMatchObject({
      command: args[0],
      services: [{ service: 'closed', problem: expect.any(String) }],
      error: { name: 'registry-denied', what: expect.any(String), remedy: expect.any(String) },
    })
    expect((await call(...args, ...image())).stdout).toContain('closed')
  })

  test('a page is written, too', async () => {
    const file = join(home, 'audit.html')
    const ended = await call('audit', 'closed', ...image(), '--html-file', file)
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(`Page: ${file}\n`) })
    expect(readFileSync(file, 'utf8')).toContain('<h1>❌ audit of closed: The registry refused access')
  })
})

test('what is used comes from standard input, unless the password does', async () => {
  const args = ['audit', 'reqmgr2', ...image(), '--used', '-']
  const at = { env, cwd: service, input: `a\n"${image().join('/')}/reqmgr2:2.3.4"\n` }
  const { stdout } = await stableRelease([...args, '--json'], at)
  const used = [{ tag: '2.3.4', at: ['stdin:2'], finding: { kind: 'used-gone' } }]
  expect(JSON.parse(stdout)).toMatchObject({ services: [{ used }] })
  const refused = await stableRelease([...args, '--username=x', '--password-stdin'], at)
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('leads to no file') })
})

describe('of others that fail', () => {
  test.each([
    { args: ['build', 'reqmgr2', '2.3.4'], name: 'docker-missing' },
    { args: ['promote', 'reqmgr2', '2.3.4'], name: 'not-published' },
    { args: ['promote', 'reqmgr2,closed', '2.3.4'], name: 'not-ready' },
  ])('$args: nothing is printed but an error, in JSON with what is known', async ({ args, name }) => {
    const noDocker = { env: { HOME: home, PATH: home }, cwd: service }
    const ended = await stableRelease([...args, ...image()], noDocker)
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
    const json = await stableRelease([...args, ...image(), '--json'], noDocker)
    expect(json).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`#${name}\n`) })
    const known = { command: args[0], gitTag: '2.3.4', error: { name } }
    expect(JSON.parse(json.stdout)).toMatchObject(known)
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
  { title: 'a wait for what is used', args: ['audit', 'a', 'b.ch', 'c', '--used', '-'] },
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
