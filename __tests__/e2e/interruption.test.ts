import { existsSync } from 'node:fs'
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { snapshot } from './files.ts'
import { listProcesses } from './processes.ts'
import { requestsTo } from './requests.ts'

const LOGIN = { username: 'bob', password: 'secret' }
const patience = { timeout: 30_000, interval: 50 }

describe.each([
  { store: 'containerd', buildx: true },
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
  const order = (service: string): Step => ({
    tag: '2.3.4',
    with: { service, ...LOGIN, 'build-options': '--network=host' },
  })
  /** Starts a step, and sends it signals when its build is under way. */
  const interrupted = (service: string, signals: readonly NodeJS.Signals[], more: Partial<Step> = {}) =>
    bench.step({
      ...order(service),
      ...more,
      onStart: async ({ kill }) => {
        await vi.waitFor(() => {
          const { docker, step } = building(service)
          expect(docker).not.toEqual([])
          expect(step).not.toEqual([])
        }, patience)
        signals.forEach(kill)
      },
    })

  test.each([{ signals: ['SIGTERM'] }, { signals: ['SIGINT', 'SIGTERM'] }] as const)(
    '$signals stops the build and cleans up',
    async ({ signals }) => {
      const service = `service-${signals.join('-').toLowerCase()}`
      const step = await interrupted(service, signals)
      // Of two that come at once, either may be delivered first.
      expectFailure(step, 'interrupted', [new RegExp(signals.join('|'))])
      expect(building(service).docker).toEqual([])
      await vi.waitFor(() => expect(building(service).step).toEqual([]), patience)
      expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual([])
    },
  )

  test('SIGKILL leaves files, and the post step removes them', async () => {
    const service = 'service-sigkill'
    const temporary = join(folder, 'temp')
    const step = await interrupted(service, ['SIGKILL'], { temporary })
    expect(step.signal).toBe('SIGKILL')
    expect(Object.keys(await snapshot(temporary)).some(path => path.endsWith('config.json'))).toBe(true)
    const before = await requestsTo(bench.registry, `cmswmcore/${service}`)

    const post = await bench.step({ ...order(service), temporary, state: step.state })

    expect(post).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await readdir(temporary)).toEqual([])
    expect(await requestsTo(bench.registry, `cmswmcore/${service}`)).toEqual(before)
    // What the step could not stop any more ends here, as it would with the runner.
    for (const { pid } of building(service).docker) process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(building(service)).toEqual({ docker: [], step: [] }), patience)
  })
})

test('a plug-in of docker that does not stop is ended with the run', async () => {
  const bench = await startBench()
  try {
    const config = bench.env.DOCKER_CONFIG ?? ''
    const plugin = join(config, 'cli-plugins/docker-buildx')
    const real = await realpath(plugin)
    await rm(plugin)
    const hanging = join(bench.workspace, 'hanging')
    // Like one that hangs: it says something, holds the output open, and heeds no signal but SIGKILL.
    const lines = [
      '#!/bin/sh',
      `[ "$1" = docker-cli-plugin-metadata ] && exec '${real}' "$@"`,
      "trap '' HUP INT TERM",
      `echo hangs; : > '${hanging}'`,
      'while :; do sleep 0.1; done',
    ]
    await writeFile(plugin, `${lines.join('\n')}\n`, { mode: 0o755 })
    let cancelled = 0
    const step = await bench.step({
      tag: '2.3.4',
      with: { service: 'service' },
      onStart: async ({ kill }) => {
        await vi.waitFor(() => expect(existsSync(hanging)).toBe(true), patience)
        cancelled = performance.now()
        kill('SIGINT')
        kill('SIGTERM')
      },
    })
    const took = performance.now() - cancelled
    expectFailure(step, 'interrupted')
    expect(listProcesses().filter(({ command }) => command.includes(config))).toEqual([])
    // The runner ends everything 10 s after it asked; a machine that does much else gets some of them.
    expect(took).toBeGreaterThan(3_900)
    expect(took).toBeLessThan(9_000)
  } finally {
    await bench.stop()
  }
})
