import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry } from '../../sandbox/registry.ts'
import { listTags } from '../../sandbox/storage.ts'
import { startTokenServer } from '../../sandbox/token-server.ts'
import type { StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
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
  const services = ['friday-reqmgr2', 'friday-reqmon', 'friday-wmagent'] as const
  const [ONE, OTHER, THIRD] = services
  const service = services.join('\n')
  let missing: string
  let step: StepResult
  const before = new Map<string, unknown>()

  const stateOf = async (of: string) => [
    await writesTo(bench.registry, `cmswmcore/${of}`),
    await listTags(bench.registry.storage, `cmswmcore/${of}`),
  ]

  beforeAll(async () => {
    const publishAll = async (service: string): Promise<void> => {
      for (const version of ['2.3.9', '2.3.10', '2.4.0rc1', '2.4.0', '2.4.0.1'])
        await publish(service, version)
    }
    await Promise.all(services.map(publishAll))
    missing = await publish(ONE, '2.4.1', false)
    await publish(OTHER, '2.4.1')
    await publish(THIRD, '2.4.1')
    await seed(bench.registry, `cmswmcore/${OTHER}`, '2.3.10-stable')
    await seed(bench.registry, `cmswmcore/${THIRD}`, '2.2.0-stable')
    for (const tag of ['dev', `sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`])
      await copy(ONE, '2.4.0', tag)
    for (const each of services) before.set(each, await stateOf(each))
    step = await audit({ service, 'html-file': 'audit.html' })
  })

  test('what is wrong is told for each: an error, the summary, the outputs and a page', async () => {
    expectFailure(step, 'not-as-planned', [...services])
    const found = JSON.parse(step.outputs.json ?? '').services.map(
      (each: { service: string; versions: { gitTag: string; findings: { kind: string }[] }[] }) => ({
        service: each.service,
        versions: each.versions.map(({ gitTag }) => gitTag),
        findings: each.versions.flatMap(({ gitTag, findings }) =>
          findings.map(({ kind }) => `${gitTag} ${kind}`),
        ),
      }),
    )
    const versions = ['2.4.1', '2.4.0.1', '2.4.0', '2.4.0rc1', '2.3.10', '2.3.9', '2.2.0']
    expect(found).toEqual([
      { service: ONE, versions, findings: ['2.4.1 stable-missing'] },
      { service: OTHER, versions, findings: ['2.3.10 stable-differs'] },
      { service: THIRD, versions, findings: ['2.2.0 first-missing'] },
    ])
    for (const fact of ['2.4.1-stable', '2.3.10-stable', '2.2.0-stable', 'dev'])
      expect(step.log).toContain(fact)
    expect(step.summary).toContain('not-as-planned')
    const page = await readFile(join(bench.workspace, 'audit.html'), 'utf8')
    for (const cell of ['stable missing', 'stable differs', '2.2.0 missing'])
      expect(page).toContain(`<td class="wrong">✗ ${cell}`)
  })

  test('nothing is written, and no image is asked for by GET', async () => {
    for (const each of services) {
      expect(await stateOf(each)).toEqual(before.get(each))
      const ours = (await requestsTo(bench.registry, `cmswmcore/${each}`)).filter(({ userAgent }) =>
        userAgent.startsWith('stable-release-action/'),
      )
      expect(ours.length).toBeGreaterThan(10)
      expect(ours.filter(({ method, path }) => method !== 'HEAD' && path.includes('/manifests/'))).toEqual([])
    }
  })

  test('promoted, as it says, it is green from there on', async () => {
    const order = { command: 'promote', service: `${ONE}@${missing}` }
    const promoted = await bench.step({ tag: '2.4.1', with: order })
    expect(promoted.exitCode, promoted.log).toBe(0)
    expect(await audit({ service, from: '2.4.0' })).toMatchObject({ exitCode: 0, annotations: [] })
  })

  test('what is used is compared, older versions too: a tag that is not stable, and one that is gone', async () => {
    const name = `${bench.registry.host}/cmswmcore`
    const used = async (...images: string[]): Promise<StepResult> => {
      const pods = images.map(image => `    - image: ${name}/${image}\n`).join('')
      await writeFile(join(bench.workspace, 'pods.yaml'), pods)
      return audit({ service, from: '2.4.0', used: 'pods.*' })
    }
    const good = [`${ONE}:2.3.9-stable`, `${OTHER}:2.4.0-stable`, `${ONE}@${missing}`]
    expect(await used(...good, `${THIRD} #imagetag`)).toMatchObject({ exitCode: 0, annotations: [] })
    const wrong = await used(...good, `${OTHER}:2.4.1`, `${THIRD}:2.3.8-stable`)
    expectFailure(wrong, 'not-as-planned', ['2.4.1-stable', '2.3.8-stable'])
    for (const place of ['pods.yaml:4', 'pods.yaml:5']) expect(wrong.summary).toContain(place)
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
