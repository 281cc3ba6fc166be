import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type IndexRequest, type SandboxIndex, startPackageIndex } from '../../sandbox/package-index.ts'
import { buildPythonImage } from '../../sandbox/python-image.ts'
import { listTags } from '../../sandbox/storage.ts'
import type { Step, StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { runImage } from './run-image.ts'

const OURS = /^stable-release-action\//
const PIP = /^pip\//

const PIP_SERVICE = [
  'FROM python-with-pip',
  'ARG TAG',
  'ARG PIP_INDEX_URL',
  'RUN pip install reqmgr2==$TAG',
  'ENTRYPOINT ["python3"]',
]

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
  await buildPythonImage(bench.engine, 'python-with-pip')
  await mkdir(join(bench.workspace, 'pip'))
  await writeFile(join(bench.workspace, 'pip/Dockerfile'), `${PIP_SERVICE.join('\n')}\n`)
})
afterAll(() => bench?.stop())

/** An index of its own, whose node may be behind, and what is asked of it; and a release that waits for reqmgr2 there. */
const inScene = async (use: (scene: Scene) => Promise<void>): Promise<void> => {
  const index = await startPackageIndex()
  const release = (inputs: Step['with']): Promise<StepResult> =>
    bench.step({
      tag: '2.3.4',
      with: {
        context: 'pip',
        package: 'reqmgr2',
        'package-index': index.url,
        'package-timeout': '5m',
        'build-args': `PIP_INDEX_URL=${index.url}`,
        'build-options': '--network=host\n--no-cache',
        ...inputs,
      },
    })
  const looksOf = (client: RegExp) =>
    index.requestsFor('reqmgr2').filter(({ userAgent }) => client.test(userAgent))
  try {
    await use({ index, release, looksOf })
  } finally {
    await index.stop()
  }
}

interface Scene {
  readonly index: SandboxIndex
  release(inputs: Step['with']): Promise<StepResult>
  looksOf(client: RegExp): readonly IndexRequest[]
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(20)
}

const versionInside = async (reference: string | undefined): Promise<string> => {
  const docker = (...args: string[]) => run('docker', args, { env: bench.env })
  const script = 'import reqmgr2; print(reqmgr2.__version__)'
  return (await runImage(docker, reference ?? '', '-c', script)).trim()
}

const tagsOf = (service: string): Promise<string[]> =>
  listTags(bench.registry.storage, `cmswmcore/${service}`)

const expectPublished = async (step: StepResult, service: string): Promise<void> => {
  expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await tagsOf(service)).toEqual(['2.3.4', '2.3.4-stable'])
  expect(await versionInside(step.outputs.reference)).toBe('2.3.4')
}

// Each waits for what the action waits for: a look every few seconds.
describe.concurrent('a package', { timeout: 180_000 }, () => {
  test('is waited for, at an index that is down at first', () =>
    inScene(async ({ index, release, looksOf }) => {
      index.isDown = true
      const releasing = release({ service: 'awaited' })
      await until(() => looksOf(OURS).length >= 1)
      index.upload({ project: 'reqmgr2', version: '2.3.3', requiresPython: '>=3.8' })
      index.isDown = false
      const asked = looksOf(OURS).length
      await until(() => looksOf(OURS).length >= asked + 2)
      index.upload({ project: 'reqmgr2', version: '2.3.4', requiresPython: '>=3.8' })
      await expectPublished(await releasing, 'awaited')
    }))

  test('that pip does not find at a node that is behind is built again', () =>
    inScene(async ({ index, release, looksOf }) => {
      index.upload({ project: 'reqmgr2', version: '2.3.3' })
      index.upload({ project: 'reqmgr2', version: '2.3.4' })
      index.fallBehind({ client: PIP, answers: 1 })
      await expectPublished(await release({ service: 'behind' }), 'behind')
      expect(looksOf(OURS)).toMatchObject([{ type: 'application/vnd.pypi.simple.v1+json' }])
      expect(looksOf(PIP)).toHaveLength(2)
    }))

  test('whose build fails for another Python is not built again', () =>
    inScene(async ({ index, release, looksOf }) => {
      index.upload({ project: 'reqmgr2', version: '2.3.4', requiresPython: '>=99' })
      const step = await release({ service: 'another-python' })
      expectFailure(step, 'build-failed')
      expect(step.log).toContain('Requires-Python >=99')
      expect(looksOf(PIP)).toHaveLength(1)
      expect(await tagsOf('another-python')).toEqual([])
    }))
})
