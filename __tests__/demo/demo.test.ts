import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { startEngine } from '../../sandbox/engine.ts'

const DEMO = join(import.meta.dirname, '../../demo/demo.ts')
const patience = 180_000

/** The folder in which a demo keeps all its files. */
let temporary: string
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'demo-'))
})
afterEach(() => rm(temporary, { recursive: true, force: true }))

/** No engine, wherever the machine has one. */
const noEngine = { DOCKER_HOST: 'unix:///nowhere.sock' }

const startDemo = (env: NodeJS.ProcessEnv = noEngine) => {
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, NODE_OPTIONS: '', ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk
  })
  const errors = text(child.stderr)
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve({ status, signal }))
  })
  return { pid: child.pid as number, printed: () => printed, errors, ended, kill: child.kill.bind(child) }
}

/** What a tag leads to, as the demo printed it from the registry. */
const digestsIn = (printed: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(printed.matchAll(/^ {2}(2\S+) +(sha256:[0-9a-f]{64})$/gm), ([, tag, digest]) => [tag, digest]),
  )

/** The processes below a process, by the kernel's own account of who started whom (proc(5), `ppid`). */
const descendants = async (ancestor: number): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name))
  const parents = new Map<number, number>()
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    const [, parent] = /\) \S (\d+) /.exec(stat) ?? []
    if (parent !== undefined) parents.set(Number(pid), Number(parent))
  }
  const below = (pid: number): number[] =>
    Array.from(parents)
      .filter(([, parent]) => parent === pid)
      .flatMap(([child]) => [child, ...below(child)])
  return below(ancestor)
}

describe('the demo', { timeout: patience }, () => {
  test('releases, shows what the registry has, and leaves nothing', async () => {
    const demo = startDemo()
    const end = await demo.ended
    expect(await demo.errors).toBe('')
    expect(end).toEqual({ status: 0, signal: null })

    const printed = demo.printed()
    expect(printed).toContain(`on Node ${process.versions.node}`)
    expect(printed).toMatch(/engine +Docker \S+, a throwaway one/)
    const reasons = printed.split('\n').filter(line => line.startsWith('  plan'))
    expect(reasons).toEqual([
      expect.stringContaining('rule final'),
      expect.stringContaining('rule candidate'),
      expect.stringContaining('rule final'),
    ])
    expect(printed).toContain('nothing was built, and the registry was only read')
    const digests = digestsIn(printed)
    expect(Object.keys(digests)).toEqual(['2.3.4', '2.3.4-stable', '2.3.5rc1'])
    expect(digests['2.3.4-stable']).toBe(digests['2.3.4'])
    expect(digests['2.3.5rc1']).not.toBe(digests['2.3.4'])
    // What docker says is for those who ask for it.
    expect(printed).not.toMatch(/#\d+ |::group::/)
    expect(printed.trimEnd().split('\n').at(-1)).toMatch(/^Everything is gone again: the engine/)
    expect(await readdir(temporary)).toEqual([])
  })

  test('uses an engine that is here, and leaves it as it was', async () => {
    const engine = await startEngine()
    try {
      const demo = startDemo(engine.env)
      const end = await demo.ended
      expect(await demo.errors).toBe('')
      expect(end).toEqual({ status: 0, signal: null })
      expect(demo.printed()).toMatch(/engine +Docker \S+, the one that runs here/)
      expect(await run('docker', ['image', 'ls', '--quiet'], { env: engine.env })).toBe('')
      expect(await readdir(temporary)).toEqual([])
    } finally {
      await engine.stop()
    }
  })

  test('two side by side do not collide', async () => {
    const demos = [startDemo(), startDemo()]
    for (const demo of demos) {
      expect(await demo.ended).toEqual({ status: 0, signal: null })
      expect(await demo.errors).toBe('')
    }
    expect(await readdir(temporary)).toEqual([])
  })

  test.each([
    { when: 'the engine starts', line: 'registry ' },
    { when: 'the first release runs', line: 'Release of the git tag 2.3.4,' },
    { when: 'the second release runs', line: 'Release of the git tag 2.3.5rc1,' },
  ])('a Ctrl-C while $when leaves nothing', async ({ line }) => {
    const demo = startDemo()
    await vi.waitFor(() => expect(demo.printed()).toContain(line), { timeout: patience / 2, interval: 10 })
    const started = await descendants(demo.pid)
    expect(started).not.toEqual([])
    demo.kill('SIGINT')
    const end = await demo.ended
    expect(await demo.errors).toContain('SIGINT: taking everything down')
    expect(end).toEqual({ status: null, signal: 'SIGINT' })
    expect(demo.printed()).not.toContain('Everything is gone')
    expect(started.filter(pid => existsSync(`/proc/${pid}`))).toEqual([])
    expect(await readdir(temporary)).toEqual([])
  })

  test('a failed release shows the whole log, and leaves nothing', async () => {
    // BuildKit refuses to build at such a time.
    const demo = startDemo({ ...noEngine, SOURCE_DATE_EPOCH: 'not a number' })
    const end = await demo.ended
    expect(end).toEqual({ status: 1, signal: null })
    expect(demo.printed()).toContain('::error title=')
    expect(await demo.errors).toContain('The demo failed: the step for 2.3.4 ended with status 1')
    expect(await readdir(temporary)).toEqual([])
  })
})
