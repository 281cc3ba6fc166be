import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { run } from '../../sandbox/command.ts'

const DEMO = join(import.meta.dirname, '../../demo/demo.ts')

/** The folder in which a demo keeps all its files: what it starts has its path in its command line or environment. */
let temporary: string
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'demo-'))
})
afterEach(() => rm(temporary, { recursive: true, force: true }))

const startDemo = ({ env = {}, options = [] }: { env?: NodeJS.ProcessEnv; options?: string[] } = {}) => {
  const child = spawn(process.execPath, [DEMO, ...options], {
    env: { ...process.env, NODE_OPTIONS: '', ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal's shell makes it.
    detached: true,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
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

/** The images that a demo has shown, by repository; of each its tags and digest. */
const shownBy = (printed: string) =>
  Array.from(
    printed.matchAll(/^ {2}([\d.]+:\d+)\/(\S+)\n((?: {4}.+\n)+)/gm),
    ([, host, repository, lines = '']) => ({
      host,
      repository,
      images: Array.from(lines.matchAll(/^ {4}(.+?) +(sha256:[0-9a-f]{64})$/gm), ([, tags, digest]) => [
        tags,
        digest,
      ]),
    }),
  )

describe('the demo', { timeout: 180_000 }, () => {
  test('releases, shows what the registry has, and leaves nothing', async () => {
    const demo = startDemo()
    expect(await demo.ended, demo.printed()).toBe(0)
    const shown = shownBy(demo.printed())
    const digest = expect.stringMatching(/^sha256:/)
    const both = ['2.4.0, 2.4.0-stable', digest]
    expect(shown).toMatchObject([
      {
        repository: 'cmswmcore/hello',
        images: [['2.3.4, 2.3.4-stable', digest], ['2.3.5rc1', digest], both],
      },
      { repository: 'mirror/hello', images: [both] },
      { repository: 'cmswmcore/hello-web', images: [both] },
      { repository: 'mirror/hello-web', images: [both] },
    ])
    const [hello, helloMirror, web, webMirror] = shown
    expect(hello?.images.at(-1)).toEqual(helloMirror?.images[0])
    expect(web?.images).toEqual(webMirror?.images)
    expect(new Set(shown.flatMap(({ images }) => images.map(([, each]) => each))).size).toBe(4)
    expect(new Set(shown.map(({ host }) => host)).size).toBe(2)
    expect(await left()).toEqual([])
  })

  test('kept, can be looked at as it says, and leaves nothing after Ctrl-C', async () => {
    const demo = startDemo({ options: ['--keep'] })
    await vi.waitFor(() => expect(demo.printed()).toContain('Ctrl-C'), { timeout: 120_000, interval: 100 })
    const [, commands = ''] = /^The engine .*\n((?: {2}.+\n)+)/m.exec(demo.printed()) ?? []
    const said = await run('sh', ['-euc', commands], { cwd: '/' })
    for (const fact of ['"2.4.0-stable"', 'hello-web', '2.3.5rc1  published', '2.4.1-stable  copied'])
      expect(said).toContain(fact)
    const [, url] = /(http:.+)\/tags\/list/.exec(commands) ?? []
    expect(await (await fetch(`${url}/tags/list`)).json()).toMatchObject({
      tags: expect.arrayContaining(['2.4.1-stable']),
    })
    // A terminal interrupts all that runs there, and npm then passes on the signal to what it runs.
    process.kill(-demo.pid, 'SIGINT')
    process.kill(demo.pid, 'SIGINT')
    expect(await demo.ended, demo.printed()).toBe(0)
    expect(await left()).toEqual([])
  })

  test.each([
    { options: ['--verbose', '--kep'], status: 1 },
    { options: ['--help'], status: 0 },
  ])('of $options, says what it takes', async ({ options, status }) => {
    const demo = startDemo({ options })
    expect(await demo.ended).toBe(status)
    for (const option of ['--verbose', '--keep', '--help']) expect(demo.printed()).toContain(option)
    expect(demo.printed()).not.toContain('What it needs')
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
    const demo = startDemo({ env: { SOURCE_DATE_EPOCH: 'not a number' } })
    expect(await demo.ended).toBe(1)
    expect(demo.printed()).toContain('::error title=')
    expect(await left()).toEqual([])
  })
})
