import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
import { requestsTo } from './requests.ts'
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
    broken: PIP_SERVICE.with(3, 'RUN pip install reqmgr2==$TAG && exit 3'),
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
const release = (index: SandboxIndex, step: Step & { tag: string }): Promise<StepResult> =>
  bench.step({
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

const looksOf = (index: SandboxIndex, client: RegExp, project = 'reqmgr2') =>
  index.requestsFor(project).filter(({ userAgent }) => client.test(userAgent))

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(20)
}

const versionInside = async (reference: string | undefined): Promise<string> => {
  const docker = (...args: string[]) => run('docker', args, { env: bench.env })
  const script = 'import reqmgr2; print(reqmgr2.__version__)'
  return (await runImage(docker, reference ?? '', '-c', script)).trim()
}

const expectPublished = async (step: StepResult, service: string, version: string): Promise<void> => {
  expect(step.exitCode, step.log).toBe(0)
  expect(step.annotations).toEqual([])
  const tags = [version, ...(/^[0-9.]+$/.test(version) ? [`${version}-stable`] : [])]
  expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual(tags)
  expect(await versionInside(step.outputs.reference)).toBe(version)
}

const expectNothingWritten = async (step: StepResult, service: string): Promise<void> => {
  expect(step.exitCode, step.log).toBe(1)
  expect(step.log).not.toContain('Build and push')
  expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual([])
}

test('a package that is there is not waited for, and asked for once', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.4' })
    const step = await release(index, { tag: '2.3.4', with: { service: 'there' } })
    await expectPublished(step, 'there', '2.3.4')
    expect(step.log).toContain('reqmgr2 2.3.4 is there\n')
    expect(step.log).not.toContain('Waiting for')
    const looks = looksOf(index, OURS)
    expect(looks.map(({ status, type }) => [status, type])).toEqual([
      [200, 'application/vnd.pypi.simple.v1+json'],
    ])
    expect(looks[0]?.headers).toMatchObject({ 'cache-control': 'max-age=0' })
    expect(looksOf(index, PIP)).toHaveLength(1)
  })
})

test('a package that is uploaded during the wait is built with, after conditional requests', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.3' })
    const releasing = release(index, { tag: '2.3.4', with: { service: 'soon' } })
    await until(() => looksOf(index, OURS).length >= 2)
    index.upload({ project: 'reqmgr2', version: '2.3.4' })
    const step = await releasing
    await expectPublished(step, 'soon', '2.3.4')
    expect(step.log).toContain(`Waiting for reqmgr2 2.3.4 at ${index.url}reqmgr2/, up to 1 min\n`)
    expect(step.log).toMatch(/reqmgr2 2\.3\.4 is there after [0-9]+ s\n/)
    const statuses = looksOf(index, OURS).map(({ status }) => status)
    expect(statuses[0]).toBe(200)
    expect(statuses.slice(1, -1).every(status => status === 304)).toBe(true)
    expect(statuses.at(-1)).toBe(200)
  })
})

test('a project that does not exist yet is waited for', async () => {
  await withIndex({}, async index => {
    const releasing = release(index, { tag: '2.3.5rc1', with: { service: 'first' } })
    await until(() => looksOf(index, OURS).length >= 2)
    index.upload({ project: 'reqmgr2', version: '2.3.5rc1' })
    await expectPublished(await releasing, 'first', '2.3.5rc1')
    expect(looksOf(index, OURS)[0]).toMatchObject({ status: 404 })
  })
})

test('an index that has only HTML is read all the same', async () => {
  await withIndex({ json: false }, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.3', requiresPython: '>=3.8' })
    index.upload({ project: 'reqmgr2', version: '2.3.4', requiresPython: '>=3.8' })
    const step = await release(index, { tag: '2.3.4', with: { service: 'html' } })
    await expectPublished(step, 'html', '2.3.4')
    expect(looksOf(index, OURS).map(({ status, type }) => [status, type])).toEqual([
      [200, 'text/html; charset=utf-8'],
    ])
  })
})

describe('a package that does not come ends the run before anything is built', () => {
  const newest = ['2.3.5rc1', '2.3.3', '2.3.2', '2.3.1', '2.3.0']
  const others = ['2.2.9', '2.3.0', '2.3.1', '2.3.2', '2.3.3', '2.3.5rc1']

  test.each([
    { why: 'yanked', tag: '2.3.4', uploads: [{ version: '2.3.4', yanked: 'broken metadata' as const }] },
    {
      why: 'yanked, in HTML',
      tag: '2.3.4',
      json: false,
      uploads: [{ version: '2.3.4', yanked: true as const }],
    },
    { why: 'another', tag: '2.3.4', uploads: [] },
    { why: 'a longer one', tag: '2.3.1.0', uploads: [] },
  ])('$why: $tag', async ({ why, tag, json = true, uploads }) => {
    const service = why.replaceAll(/[ ,]+/g, '-').toLowerCase()
    await withIndex({ json }, async index => {
      for (const upload of [...others.map(version => ({ version })), ...uploads]) {
        index.upload({ project: 'reqmgr2', ...upload })
      }
      const step = await release(index, { tag, with: { service, 'package-timeout': '2s' } })
      await expectNothingWritten(step, service)
      expect(step.annotations).toEqual([
        {
          level: 'error',
          title: 'The package is not on the index',
          message: expect.stringContaining(`; its newest versions are ${newest.join(', ')}.`),
        },
      ])
      const said = `reqmgr2 ${tag} is not at ${index.url}reqmgr2/ after `
      expect(step.annotations[0]?.message).toContain(said)
      expect(looksOf(index, OURS).length).toBeGreaterThan(1)
      expect(looksOf(index, PIP)).toEqual([])
    })
  })

  test('the index is down until the time is over', async () => {
    await withIndex({}, async index => {
      index.fault = { status: 503 }
      const step = await release(index, { tag: '2.3.4', with: { service: 'down', 'package-timeout': '2s' } })
      await expectNothingWritten(step, 'down')
      expect(step.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining(`; ${index.url}reqmgr2/ answered 503.`),
      ])
      // The index is asked at the wait's own intervals alone: no attempts in between.
      const looks = looksOf(index, OURS).length
      expect(looks).toBeGreaterThan(1)
      expect(looks).toBeLessThanOrEqual(4)
    })
  })

  test('a git tag that is no version is an error before anybody is asked', async () => {
    await withIndex({}, async index => {
      const step = await release(index, { tag: 'nightly', with: { service: 'nightly' } })
      await expectNothingWritten(step, 'nightly')
      expect(step.annotations).toEqual([
        {
          level: 'error',
          title: 'An input is not valid',
          message: expect.stringContaining('The git tag nightly is no version of PEP 440'),
        },
      ])
      expect(index.requests).toEqual([])
      expect(await requestsTo(bench.registry, 'cmswmcore/nightly')).toEqual([])
    })
  })
})

test('an index that is down for a while delays the build', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.4' })
    index.fault = 'closes'
    const releasing = release(index, { tag: '2.3.4', with: { service: 'up-again' } })
    await until(() => looksOf(index, OURS).length >= 2)
    index.fault = undefined
    await expectPublished(await releasing, 'up-again', '2.3.4')
  })
})

test('a build in which pip asked a node that is behind is tried again', async () => {
  await withIndex({}, async index => {
    index.upload({ project: 'reqmgr2', version: '2.3.3' })
    index.upload({ project: 'reqmgr2', version: '2.3.4' })
    index.fallBehind({ client: PIP, answers: 1 })
    const step = await release(index, { tag: '2.3.4', with: { service: 'behind' } })
    expect(step.log).toContain('No matching distribution found for reqmgr2==2.3.4')
    expect(step.log).toContain('pip did not find reqmgr2 2.3.4, which the index has: building again in 10 s')
    await expectPublished(step, 'behind', '2.3.4')
    expect(looksOf(index, PIP)).toHaveLength(2)
  })
})

describe('a build that fails otherwise is final at once', () => {
  test.each([
    {
      why: 'another-project',
      context: 'pip-other',
      said: 'No matching distribution found for no-such-project==2.3.4',
    },
    { why: 'another-command', context: 'broken', said: 'exit code: 3' },
    {
      why: 'another-python',
      context: 'pip',
      requiresPython: '>=99',
      said: 'Ignored the following versions that require a different python version: 2.3.4 Requires-Python >=99',
    },
  ])('$why', async ({ why, context, said, requiresPython }) => {
    await withIndex({}, async index => {
      index.upload({
        project: 'reqmgr2',
        version: '2.3.4',
        ...(requiresPython === undefined ? {} : { requiresPython }),
      })
      const step = await release(index, { tag: '2.3.4', with: { service: why, context } })
      expect(step.exitCode).toBe(1)
      expect(step.log).toContain(said)
      expect(step.log).not.toContain('building again')
      expect(step.annotations.map(({ title }) => title)).toEqual(['The build failed'])
      expect(looksOf(index, PIP)).toHaveLength(1)
      expect(await listTags(bench.registry.storage, `cmswmcore/${why}`)).toEqual([])
    })
  })
})
