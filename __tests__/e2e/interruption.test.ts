import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { snapshot } from './files.ts'
import { listProcesses } from './processes.ts'
import { requestsTo } from './requests.ts'

const LOGIN = { username: 'bob', password: 'secret' }
const patience = { timeout: 30_000, interval: 50 }

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('with an engine, store $store, buildx: $buildx', ({ store, buildx }) => {
  // A number that no other process of this machine has.
  const duration = `${process.pid}${store.length}${Number(buildx)}.5`
  let bench: Bench
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'interruption-'))
    bench = await startBench({
      engine: { store, buildx },
      registry: { auth: { kind: 'htpasswd', users: { bob: 'secret' } } },
      context: { lines: [`RUN ["/bin/busybox", "sleep", "${duration}"]`] },
    })
  })
  afterAll(async () => {
    await bench.stop()
    await rm(folder, { recursive: true })
  })

  /** The processes of the build: docker and its plug-in, which have the image's name, and what runs in it. */
  const building = (service: string) => ({
    docker: listProcesses().filter(({ command }) => command.includes(`/cmswmcore/${service}:`)),
    step: listProcesses().filter(({ command }) => command.endsWith(`sleep ${duration}`)),
  })
  const order = (service: string, more: Partial<Step> = {}): Step => ({
    tag: '2.3.4',
    ...more,
    with: { service, ...LOGIN, 'build-options': '--network=host' },
  })
  /** Starts a step, and sends it a signal when its build is under way. */
  const interrupted = (service: string, signal: NodeJS.Signals, more: Partial<Step> = {}) => {
    let sent = Promise.resolve()
    const ended = bench.step(
      order(service, {
        ...more,
        onStart: ({ kill }) => {
          sent = vi
            .waitFor(() => {
              const { docker, step } = building(service)
              expect(docker).not.toEqual([])
              expect(step).not.toEqual([])
            }, patience)
            .finally(() => kill(signal))
        },
      }),
    )
    return ended.then(async step => {
      await sent
      return step
    })
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('%s stops the build and cleans up', async signal => {
    const service = `service-${signal.toLowerCase()}`
    const step = await interrupted(service, signal)
    expect(step).toMatchObject({ exitCode: 1, signal: null, leftBehind: [], outputs: {} })
    const errors = step.annotations.filter(({ level }) => level === 'error')
    expect(errors).toMatchObject([{ title: 'The run was interrupted' }])
    expect(errors[0]?.message).toContain(signal)
    expect(errors[0]?.message).toContain('Run the job again')
    expect(building(service).docker).toEqual([])
    await vi.waitFor(() => expect(building(service).step).toEqual([]), patience)
    expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual([])
  })

  test('SIGKILL leaves files, and the post step removes them', async () => {
    const service = 'service-sigkill'
    const temporary = join(folder, 'temp')
    const step = await interrupted(service, 'SIGKILL', { temporary })
    expect(step.signal).toBe('SIGKILL')
    expect(Object.keys(await snapshot(temporary)).some(path => path.endsWith('config.json'))).toBe(true)
    const before = await requestsTo(bench.registry, `cmswmcore/${service}`)

    const post = await bench.step({ ...order(service), temporary, state: step.state })

    expect(post).toMatchObject({ exitCode: 0, annotations: [], outputs: {} })
    expect(await readdir(temporary)).toEqual([])
    expect(await requestsTo(bench.registry, `cmswmcore/${service}`)).toEqual(before)
    // What the step could not stop any more ends here, as it would with the runner.
    for (const { pid } of building(service).docker) process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(building(service)).toEqual({ docker: [], step: [] }), patience)
  })
})

test('the post step of a step that ended well has nothing to do', async () => {
  const bench = await startBench({ engine: 'none' })
  try {
    const step = await bench.step({ tag: '2.3.4', with: { service: 'x', command: 'promote' } })
    expect(step.exitCode).toBe(1)
    const post = await bench.step({ tag: '2.3.4', state: step.state, with: { service: 'x' } })
    expect(post).toMatchObject({ exitCode: 0, annotations: [], outputs: {}, log: '' })
  } finally {
    await bench.stop()
  }
})
