import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import {
  type PackageIndexOptions,
  type SandboxIndex,
  startPackageIndex,
} from '../../sandbox/package-index.ts'
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
  const contexts = {
    pip: PIP_SERVICE,
    'pip-other': PIP_SERVICE.with(3, 'RUN pip install reqmgr2==$TAG no-such-project==$TAG'),
  }
  for (const [name, lines] of Object.entries(contexts)) {
    await mkdir(join(bench.workspace, name))
    await writeFile(join(bench.workspace, name, 'Dockerfile'), `${lines.join('\n')}\n`)
  }
})
afterAll(() => bench?.stop())

const withIndex = async <T>(
  options: PackageIndexOptions,
  use: (index: SandboxIndex) => Promise<T>,
): Promise<T> => {
  const index = await startPackageIndex(options)
  try {
    return await use(index)
  } finally {
    await index.stop()
  }
}

/** Runs a release that waits for reqmgr2 and installs it with pip. */
const release = (index: SandboxIndex, step: Step): Promise<StepResult> =>
  bench.step({
    tag: '2.3.4',
    ...step,
    with: {
      context: 'pip',
      package: 'reqmgr2',
      'package-index': index.url,
      'package-timeout': '1m',
      'build-args': `PIP_INDEX_URL=${index.url}`,
      'build-options': '--network=host\n--no-cache',
      ...step.with,
    },
  })

const looksOf = (index: SandboxIndex, client: RegExp) =>
  index.requestsFor('reqmgr2').filter(({ userAgent }) => client.test(userAgent))

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

test.each([
  { is: 'json', json: true },
  { is: 'html', json: false },
])('a package is waited for, at an index that is down at first, and has $is', async ({ is, json }) => {
  await withIndex({ json }, async index => {
    index.fault = 'closes'
    const releasing = release(index, { with: { service: is } })
    await until(() => looksOf(index, OURS).length >= 1)
    index.upload({ project: 'reqmgr2', version: '2.3.3', requiresPython: '>=3.8' })
    index.fault = undefined
    const asked = looksOf(index, OURS).length
    await until(() => looksOf(index, OURS).length >= asked + 2)
    index.upload({ project: 'reqmgr2', version: '2.3.4', requiresPython: '>=3.8' })
    await expectPublished(await releasing, is)
    if (json) expect(looksOf(index, OURS).map(({ status }) => status)).toContain(304)
  })
})

test('a package that does not come ends the run before anything is built', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.3' })
    index.upload({ project: 'reqmgr2', version: '2.3.4', yanked: 'broken metadata' })
    const step = await release(index, { with: { service: 'yanked', 'package-timeout': '2s' } })
    expectFailure(step, 'package-missing', [`reqmgr2 2.3.4 is not at ${index.url}reqmgr2/`, '2.3.3'])
    expect(looksOf(index, OURS).length).toBeGreaterThan(1)
    expect(looksOf(index, PIP)).toEqual([])
    expect(await tagsOf('yanked')).toEqual([])
  })
})

test('a build in which pip asked a node that is behind is tried again', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.3' })
    index.upload({ project: 'reqmgr2', version: '2.3.4' })
    index.fallBehind({ client: PIP, answers: 1 })
    await expectPublished(await release(index, { with: { service: 'behind' } }), 'behind')
    expect(looksOf(index, OURS)).toMatchObject([{ type: 'application/vnd.pypi.simple.v1+json' }])
    expect(looksOf(index, PIP)).toHaveLength(2)
  })
})

test.each([
  { why: 'another-project', context: 'pip-other', says: 'no-such-project==2.3.4' },
  { why: 'another-python', context: 'pip', requiresPython: '>=99', says: 'Requires-Python >=99' },
])('a build that fails for $why is final at once', async ({ why, context, says, ...upload }) => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.4', ...upload })
    const step = await release(index, { with: { service: why, context } })
    expectFailure(step, 'build-failed')
    expect(step.log).toContain(says)
    expect(looksOf(index, PIP)).toHaveLength(1)
    expect(await tagsOf(why)).toEqual([])
  })
})
