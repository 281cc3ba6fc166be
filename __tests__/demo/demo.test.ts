import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const DEMO = join(import.meta.dirname, '../../demo/demo.ts')

/** The folder in which a demo keeps all its files: what it starts has its path in its command line or environment. */
let temporary: string
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'demo-'))
})
afterEach(() => rm(temporary, { recursive: true, force: true }))

const startDemo = (env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, NODE_OPTIONS: '', ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal's shell makes it.
    detached: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk
    })
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve(status ?? signal))
  })
  return { pid: child.pid as number, printed: () => printed, ended }
}

/** The processes that have to do with the demo, by what the kernel tells of them, and its files. */
const left = async (): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
  const related = await Promise.all(
    pids.map(async pid => {
      const files = ['cmdline', 'environ'].map(file =>
        readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
      )
      return (await Promise.all(files)).some(text => text.includes(temporary)) ? [pid] : []
    }),
  )
  return [...related.flat(), ...(await readdir(temporary))]
}

describe('the demo', { timeout: 180_000 }, () => {
  test('releases, shows what the registry has, and leaves nothing', async () => {
    const demo = startDemo()
    expect(await demo.ended, demo.printed()).toBe(0)
    const shown = Array.from(
      demo.printed().matchAll(/^ {2}(2\S+) +(sha256:[0-9a-f]{64})$/gm),
      ([, tag, digest]) => [tag, digest],
    )
    const digests = Object.fromEntries(shown)
    expect(Object.keys(digests)).toEqual(['2.3.4', '2.3.4-stable', '2.3.5rc1'])
    expect(digests['2.3.4-stable']).toBe(digests['2.3.4'])
    expect(digests['2.3.5rc1']).not.toBe(digests['2.3.4'])
    expect(await left()).toEqual([])
  })

  test.each(['SIGINT', 'SIGKILL'] as const)('ended by %s, leaves nothing', async signal => {
    const demo = startDemo()
    const begun = { timeout: 60_000, interval: 10 }
    await vi.waitFor(() => expect(demo.printed()).toContain('Release of the git tag 2.3.4,'), begun)
    expect((await left()).length).toBeGreaterThan(5)
    process.kill(-demo.pid, signal)
    expect(await demo.ended).toBe(signal)
    await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 30_000, interval: 100 })
  })

  test('of a failed release, shows the log, and leaves nothing', async () => {
    // BuildKit refuses to build at such a time.
    const demo = startDemo({ SOURCE_DATE_EPOCH: 'not a number' })
    expect(await demo.ended).toBe(1)
    expect(demo.printed()).toContain('::error title=')
    expect(await left()).toEqual([])
  })
})
