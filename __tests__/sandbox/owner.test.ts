import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const patience = 300_000

/** The folder for temporary files that the owner is given: what it starts has this path in its command line or mounts. */
let temporary: string
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'owner-'))
})
afterEach(() => rm(temporary, { recursive: true, force: true }))

/** All processes that have to do with the owner, by what the kernel tells of them. */
const related = async (): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
  const found = pids.map(async pid => {
    const files = ['cmdline', 'environ', 'mountinfo'].map(file =>
      readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
    )
    const [command = '', ...rest] = await Promise.all(files)
    return [command, ...rest].some(text => text.includes(temporary)) ? [command.replaceAll('\0', ' ')] : []
  })
  return (await Promise.all(found)).flat()
}

const left = async () => ({ processes: await related(), files: await readdir(temporary) })

const startOwner = async (ending: string) => {
  const owner = spawn(process.execPath, [join(import.meta.dirname, 'owner.ts'), ending], {
    env: { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal's shell makes it.
    detached: true,
  })
  const errors: Buffer[] = []
  owner.stderr.on('data', chunk => errors.push(chunk))
  await Promise.race([once(owner.stdout, 'data'), once(owner, 'exit')])
  if (owner.exitCode !== null) throw new Error(`the owner did not start: ${Buffer.concat(errors)}`)
  return owner
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  'an owner killed by %s leaves nothing',
  { timeout: patience },
  async signal => {
    const owner = await startOwner('never')
    const running = (await related()).join('\n')
    for (const name of ['keeper.ts', 'dockerd', 'containerd', 'docker-registry', 'sleep 987654']) {
      expect(running).toContain(name)
    }
    // A Ctrl-C reaches the whole group.
    process.kill(-(owner.pid as number), signal)
    await vi.waitFor(async () => expect(await left()).toEqual({ processes: [], files: [] }), {
      timeout: 30_000,
      interval: 100,
    })
    expect(owner.signalCode).toBe(signal)
  },
)

test.each([
  { ending: 'stop', status: 0 },
  { ending: 'exception', status: 1 },
  { ending: 'end', status: 0 },
])('an owner that ends by $ending leaves nothing', { timeout: patience }, async ({ ending, status }) => {
  const owner = await startOwner(ending)
  const [code] = owner.exitCode === null ? await once(owner, 'exit') : [owner.exitCode]
  if (ending === 'stop') expect(await left()).toEqual({ processes: [], files: [] })
  await vi.waitFor(async () => expect(await left()).toEqual({ processes: [], files: [] }), {
    timeout: 30_000,
    interval: 100,
  })
  expect(code).toBe(status)
})
