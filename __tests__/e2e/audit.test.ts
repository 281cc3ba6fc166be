import { cp } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry } from '../../sandbox/registry.ts'
import { listTags } from '../../sandbox/storage.ts'
import { startTokenServer } from '../../sandbox/token-server.ts'
import type { StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { stableRelease } from './command-line.ts'
import { openDoor } from './door.ts'
import { requestsTo, writesTo } from './requests.ts'
import { mediaTypeOf, seed } from './seed.ts'

// No docker command is in the PATH of these steps.
let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

const TYPE = mediaTypeOf('OCI manifest')

/** Points a tag at what another has. */
const copy = async (service: string, from: string, to: string): Promise<void> => {
  const manifests = `${bench.registry.url}/v2/cmswmcore/${service}/manifests`
  const body = await (await fetch(`${manifests}/${from}`, { headers: { accept: TYPE } })).arrayBuffer()
  const put = await fetch(`${manifests}/${to}`, { method: 'PUT', headers: { 'content-type': TYPE }, body })
  expect(put.status).toBe(201)
}

/** Publishes a version, stable if it should be. */
const publish = async (
  service: string,
  version: string,
  stable = !version.includes('rc'),
): Promise<string> => {
  const digest = await seed(bench.registry, `cmswmcore/${service}`, version)
  if (stable) await copy(service, version, `${version}-stable`)
  return digest
}

const audit = (
  inputs: Readonly<Record<string, string>>,
  registry = bench.registry.host,
): Promise<StepResult> => bench.step({ with: { command: 'audit', registry, ...inputs } })

describe('services as they are on a Friday', () => {
  const [ONE, OTHER, THIRD] = ['friday-reqmgr2', 'friday-reqmon', 'friday-wmagent']
  const services = [ONE, OTHER, THIRD].join('\n')
  let step: StepResult
  const before = new Map<string, unknown>()

  const stateOf = async (service: string) => ({
    writes: await writesTo(bench.registry, `cmswmcore/${service}`),
    tags: await listTags(bench.registry.storage, `cmswmcore/${service}`),
  })

  beforeAll(async () => {
    for (const service of [ONE, OTHER, THIRD]) {
      for (const version of ['2.3.9', '2.3.10', '2.4.0rc1', '2.4.0', '2.4.0.1'])
        await publish(service, version)
    }
    await publish(ONE, '2.4.1', false)
    await publish(OTHER, '2.4.1')
    await seed(bench.registry, `cmswmcore/${OTHER}`, '2.3.10-stable')
    await seed(bench.registry, `cmswmcore/${THIRD}`, '2.2.0-stable')
    for (const tag of ['dev', `sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`])
      await copy(ONE, '2.4.0', tag)
    for (const service of [ONE, OTHER, THIRD]) before.set(service, await stateOf(service))
    step = await audit({ service: services })
  })

  test('one table, the newest version first, and what is wrong', () => {
    expect(step.exitCode).toBe(1)
    const rows = step.log.split('\n').filter(line => /^ {2}(?:version|2\.)/.test(line))
    expect(rows.slice(0, 8).map(row => row.trim().split(/ {2,}/))).toEqual([
      ['version', ONE, OTHER, THIRD],
      ['2.4.1', '✗ stable missing', 'stable', '✗ version missing'],
      ['2.4.0.1', 'stable', 'stable', 'stable'],
      ['2.4.0', 'stable', 'stable', 'stable'],
      ['2.4.0rc1', 'published', 'published', 'published'],
      ['2.3.10', 'stable', '✗ stable differs', 'stable'],
      ['2.3.9', 'stable', 'stable', 'stable'],
      ['2.2.0', '-', '-', '✗ 2.2.0 missing'],
    ])
    for (const finding of [
      `2.4.1-stable is not there: ${ONE}. Run promote for 2.4.1`,
      `2.4.1 is not there, and other services have it: ${THIRD}. Run release for 2.4.1`,
      `2.3.10-stable is another image than 2.3.10: ${OTHER} (sha256:`,
      `2.2.0 is not there, and 2.2.0-stable is: ${THIRD}. If 2.2.0 has expired`,
      `Tags of no version, by the policy: ${ONE} has 1 tag, such as dev.`,
    ])
      expect(step.log).toContain(finding)
  })

  test('the error, the summary and the outputs say the same', () => {
    expect(step.annotations).toMatchObject([
      {
        level: 'error',
        title: 'The registry does not hold what was planned',
        message: expect.stringContaining('Of 3 services, 4 things are not as the policy has it'),
      },
    ])
    expect(step.summary).toContain(`| 2.4.1 | ❌ stable missing | stable | ❌ version missing |`)
    expect(step.summary).toContain('([`not-as-planned`](https://')
    const { services: found } = JSON.parse(step.outputs.json ?? '')
    expect(found.map((each: { service: string }) => each.service)).toEqual([ONE, OTHER, THIRD])
    expect(step.outputs.image?.split('\n')).toHaveLength(3)
    expect(step.outputs.tag).toBe('')
  })

  test('nothing is written, and no image is asked for by GET', async () => {
    for (const service of [ONE, OTHER, THIRD]) {
      expect(await stateOf(service)).toEqual(before.get(service))
      const ours = (await requestsTo(bench.registry, `cmswmcore/${service}`)).filter(({ userAgent }) =>
        userAgent.startsWith('stable-release-action/'),
      )
      expect(ours.length).toBeGreaterThan(10)
      expect(ours.filter(({ method, path }) => method !== 'HEAD' && path.includes('/manifests/'))).toEqual([])
    }
  })

  test('what its remedies say makes it green', async () => {
    await audit({ service: services, from: '2.4.1' })
    const promoted = await bench.step({
      tag: '2.4.1',
      with: { command: 'promote', service: `${ONE}@${(await digestOf(ONE, '2.4.1')) ?? ''}` },
    })
    expect(promoted.exitCode, promoted.log).toBe(0)
    await publish(THIRD, '2.4.1')
    expect((await audit({ service: services, from: '2.4.0' })).exitCode).toBe(0)
  })

  const digestOf = async (service: string, tag: string): Promise<string | null> => {
    const address = `${bench.registry.url}/v2/cmswmcore/${service}/manifests/${tag}`
    const head = await fetch(address, { method: 'HEAD', headers: { accept: TYPE } })
    return head.headers.get('docker-content-digest')
  }

  test('a green one says so, and what waits', async () => {
    await publish(ONE, '2.4.2', false)
    for (const service of [OTHER, THIRD]) await publish(service, '2.4.2')
    const { exitCode, log, summary, annotations } = await audit({
      service: services,
      from: '2.4.0',
      stable: 'on-promotion',
    })
    expect(exitCode, log).toBe(0)
    expect(annotations).toEqual([])
    expect(summary).toMatch(/^### ✅ audit of 3 services\n/)
    expect(log).toContain(`2.4.2-stable waits for its promotion: ${ONE}.`)
  })

  test('by hand: the table on standard output, red or green', async () => {
    const call = { cwd: bench.workspace, env: bench.env }
    const image = [bench.registry.host, 'cmswmcore']
    const red = await stableRelease(['audit', [ONE, OTHER].join(','), ...image], call)
    expect(red.exitCode).toBe(1)
    expect(red.stdout).toMatch(new RegExp(`^ {2}version +${ONE} +${OTHER}\n`))
    expect(red.stderr).toContain('error: Of 2 services, ')
    const green = await stableRelease(['audit', OTHER, ...image, '--from', '2.4.0', '--json'], call)
    expect(green.exitCode).toBe(0)
    expect(JSON.parse(green.stdout)).toMatchObject({ command: 'audit', from: '2.4.0' })
    const mistaken = await stableRelease(['audit', OTHER, ...image, '--from', 'dev'], call)
    expect(mistaken.exitCode).toBe(1)
    expect(mistaken.stderr).toContain('--from is "dev": no rule with numbers matches it.')
    // As all other commands have it; the version could be the address of a host.
    const swapped = await stableRelease(['audit', OTHER, '2.4.5.8', ...image], call)
    expect(swapped.exitCode).toBe(1)
    expect(swapped.stderr).toContain('audit is for every version, and takes no <tag>.')
  })
})

test('an account that may only read suffices, and each service costs one token', async () => {
  const services = ['read-reqmgr2', 'read-reqmon', 'read-wmagent']
  for (const service of services) for (const version of ['1.0.0', '1.0.1']) await publish(service, version)
  const tokens = await startTokenServer({
    users: { auditor: 'secret-word' },
    allows: (_, action) => action === 'pull',
  })
  const registry = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
  try {
    await cp(bench.registry.storage, registry.storage, { recursive: true })
    const login = { username: 'auditor', password: 'secret-word' }
    const step = await audit({ service: services.join(','), ...login }, registry.host)
    expect(step.exitCode, step.log).toBe(0)
    const asked = tokens.requests.map(({ scopes }) => scopes.join(' '))
    expect(asked.toSorted()).toEqual(
      services.map(service => `repository:cmswmcore/${service}:pull`).toSorted(),
    )
  } finally {
    await Promise.all([registry.stop(), tokens.stop()])
  }
})

test('moving tags of a real registry', async () => {
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
  for (const version of ['1.9.0', '1.10.0']) await publish('moving', version)
  for (const tag of ['1.9', 'latest']) await copy('moving', '1.9.0', tag)
  await copy('moving', '1.10.0', '1.10')
  const red = await audit({ service: 'moving', policy })
  expect(red.exitCode).toBe(1)
  expect(red.log).toMatch(/^ {2}1\.10\.0 +✗ latest behind$/m)
  await copy('moving', '1.10.0', 'latest')
  expect((await audit({ service: 'moving', policy })).exitCode).toBe(0)
})

test('a registry that can not be read for one service', async () => {
  for (const service of ['readable', 'unreadable']) await publish(service, '1.0.0')
  const door = await openDoor(bench.registry.url, {
    arrived: call => (call.includes('/unreadable/manifests/') ? 403 : 'pass'),
  })
  try {
    const step = await audit({ service: 'readable, unreadable' }, door.host)
    expect(step.exitCode).toBe(1)
    expect(step.log).toMatch(/^ {2}1\.0\.0 +stable +✗ \?$/m)
    expect(step.annotations).toMatchObject([{ level: 'error', title: 'The registry refused access' }])
  } finally {
    await door.stop()
  }
})

test('as many tags as a registry has in years: all pages are read', async () => {
  const digest = await publish('years', '1.0.0')
  expect(digest).toMatch(/^sha256:/)
  for (let number = 1; number <= 40; number += 1) await copy('years', '1.0.0', `1.0.${number}`)
  for (let number = 1; number <= 40; number += 1) await copy('years', '1.0.0', `1.0.${number}-stable`)
  const paging = await openDoor(bench.registry.url, {})
  try {
    const { exitCode, log } = await audit({ service: 'years' }, paging.host)
    expect(exitCode, log).toBe(0)
    expect(log).toContain('41 versions of 1 service')
    // One image has all these tags: it is asked for once.
    expect(paging.calls.filter(call => call.includes('/manifests/sha256:'))).toHaveLength(1)
    expect(paging.calls.filter(call => call.includes('/manifests/'))).toHaveLength(82 + 1)
  } finally {
    await paging.stop()
  }
})

test('what an audit takes: no git tag, on any branch', async () => {
  const { exitCode, annotations } = await bench.step({
    with: { command: 'audit', service: 'any', tag: '1.0.0', from: 'x' },
  })
  expect(exitCode).toBe(1)
  expect(annotations).toMatchObject([{ title: 'An input is not valid' }])
  expect(annotations[0]?.message).toContain('audit is for every version')
})
