import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type SandboxIndex, startPackageIndex } from '../../sandbox/package-index.ts'
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

let index: SandboxIndex
afterEach(() => index?.stop())

/** Runs a release that waits for reqmgr2 and installs it with pip. */
const release = (inputs: Step['with']): Promise<StepResult> =>
  bench.step({
    tag: '2.3.4',
    with: {
      context: 'pip',
      package: 'reqmgr2',
      'package-index': index.url,
      'package-timeout': '1m',
      'build-args': `PIP_INDEX_URL=${index.url}`,
      'build-options': '--network=host\n--no-cache',
      ...inputs,
    },
  })

const looksOf = (client: RegExp) =>
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
  index = await startPackageIndex({ json })
  index.fault = 'closes'
  const releasing = release({ service: is })
  await until(() => looksOf(OURS).length >= 1)
  index.upload({ project: 'reqmgr2', version: '2.3.3', requiresPython: '>=3.8' })
  index.fault = undefined
  const asked = looksOf(OURS).length
  await until(() => looksOf(OURS).length >= asked + 2)
  index.upload({ project: 'reqmgr2', version: '2.3.4', requiresPython: '>=3.8' })
  await expectPublished(await releasing, is)
})

test('a package that does not come ends the run before anything is built', async () => {
  index = await startPackageIndex()
  index.upload({ project: 'reqmgr2', version: '2.3.3' })
  index.upload({ project: 'reqmgr2', version: '2.3.4', yanked: 'broken metadata' })
  const step = await release({ service: 'yanked', 'package-timeout': '2s' })
  expectFailure(step, 'package-missing', [`reqmgr2 2.3.4 is not at ${index.url}reqmgr2/`, '2.3.3'])
  expect(looksOf(OURS).length).toBeGreaterThan(1)
  expect(looksOf(PIP)).toEqual([])
  expect(await tagsOf('yanked')).toEqual([])
})

test('a build in which pip asked a node that is behind is tried again', async () => {
  index = await startPackageIndex()
  index.upload({ project: 'reqmgr2', version: '2.3.3' })
  index.upload({ project: 'reqmgr2', version: '2.3.4' })
  index.fallBehind({ client: PIP, answers: 1 })
  await expectPublished(await release({ service: 'behind' }), 'behind')
  expect(looksOf(OURS)).toMatchObject([{ type: 'application/vnd.pypi.simple.v1+json' }])
  expect(looksOf(PIP)).toHaveLength(2)
})

test.each([
  { why: 'another-project', context: 'pip-other', says: 'no-such-project==2.3.4' },
  { why: 'another-python', context: 'pip', requiresPython: '>=99', says: 'Requires-Python >=99' },
])('a build that fails for $why is final at once', async ({ why, context, says, ...upload }) => {
  index = await startPackageIndex()
  index.upload({ project: 'reqmgr2', version: '2.3.4', ...upload })
  const step = await release({ service: why, context })
  expectFailure(step, 'build-failed')
  expect(step.log).toContain(says)
  expect(looksOf(PIP)).toHaveLength(1)
  expect(await tagsOf(why)).toEqual([])
})
