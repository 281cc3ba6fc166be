import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { annotationsOf } from '../../src/registry/promotion-record.ts'
import { digestOf } from '../../src/registry/reference.ts'
import { EMPTY_INDEX } from '../registry/client-of.ts'
import { type ModelRegistry, startModelRegistry } from '../registry/model-registry.ts'
import { COMMIT, commandsIn, runStep, type Step, type StepResult } from './action.ts'
import { stableRelease } from './command-line.ts'
import { seed } from './seed.ts'

const [TAG, STABLE] = ['2.4.5', '2.4.5-stable']
const REPOSITORY = 'cmswmcore/reqmgr2'
const IMAGE = {
  kind: 'OCI index',
  revision: COMMIT,
  labels: { 'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore' },
} as const

describe('a registry with the referrers API', () => {
  let registry: ModelRegistry
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'))
    registry = await startModelRegistry([], { referrers: true })
  })
  afterEach(async () => {
    await registry?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const step = (inputs: Step['with'], others: Partial<Step> = {}): Promise<StepResult> =>
    runStep({
      tag: TAG,
      temporary: folder,
      ...others,
      with: { registry: registry.host, project: 'cmswmcore', service: 'reqmgr2', ...inputs },
      runner: {
        GITHUB_ACTOR: 'amaltaro',
        GITHUB_RUN_ATTEMPT: '2',
        STABLE_RELEASE_ENVIRONMENT: 'production',
        DOCKER_CONFIG: folder,
        ...others.runner,
      },
    })

  /** The predicates that are stored with an image. */
  const stored = (digest: string): unknown[] =>
    registry.referrers(REPOSITORY, digest).map(({ layers }) => JSON.parse(String(layers[0])).predicate)

  test('what was decided is stored with the image, is a file for actions/attest, and is shown', async () => {
    const digest = await seed(registry, REPOSITORY, TAG, IMAGE)
    const promoted = await step({ command: 'promote' })
    expect(promoted.exitCode, promoted.log).toBe(0)
    const predicate = JSON.parse(await readFile(promoted.outputs['record-path'] ?? '', 'utf8'))
    expect(stored(digest)).toEqual([predicate])
    const run = 'https://github.com/dmwm/WMCore/actions/runs/1/attempts/2'
    expect(predicate).toMatchObject({
      dstRef: `${registry.host}/${REPOSITORY}:${STABLE}`,
      digest,
      stableRelease: { actor: 'amaltaro', commit: COMMIT, environment: 'production', run },
    })

    const verified = await step({ command: 'verify' })
    expect(verified).toMatchObject({ exitCode: 0, outputs: { 'record-path': '' } })
    const facts = [STABLE, predicate.timestamp.slice(0, 10), 'amaltaro', 'production']
    for (const fact of [...facts, run]) expect(verified.log).toContain(fact)
    for (const fact of facts) expect(verified.summary).toContain(fact)
    const audited = await stableRelease(['audit', 'reqmgr2', registry.host, 'cmswmcore'], {
      cwd: folder,
      env: { ...process.env, DOCKER_CONFIG: folder },
    })
    expect(audited.exitCode, audited.stderr).toBe(0)
    for (const fact of facts) expect(audited.stdout).toContain(fact)
  })

  test('a record that says something else is data: one escaped line, obeyed in nothing', async () => {
    const digest = await seed(registry, REPOSITORY, TAG, IMAGE)
    registry.copyTag(REPOSITORY, TAG, STABLE)
    const annotations = annotationsOf({
      destination: `${registry.host}/${REPOSITORY}:${STABLE}`,
      time: '2026-01-02T03:04:05Z',
      written: true,
      checks: [{ name: '\n::error::x', state: 'success', url: 'javascript:alert(1)' }],
      actor: 'mallory\u001b[31m\r\n::set-output name=digest::x\n##[error]y',
      run: 'https://evil.example/\n::error::z',
      environment: '[click](https://evil.example) <img src=x>',
    })
    const body = JSON.stringify({
      ...JSON.parse(EMPTY_INDEX.bytes.toString()),
      artifactType: 'application/vnd.in-toto+json',
      subject: { mediaType: EMPTY_INDEX.mediaType, digest, size: 1 },
      annotations,
    })
    const put = await fetch(`${registry.url}/v2/${REPOSITORY}/manifests/${digestOf(Buffer.from(body))}`, {
      method: 'PUT',
      headers: { 'content-type': EMPTY_INDEX.mediaType },
      body,
    })
    expect(put.status).toBe(201)
    for (const command of ['verify', 'audit']) {
      const shown = await step({ command })
      expect(shown.exitCode, shown.log).toBe(0)
      expect(shown.log).toContain('mallory\\u001b[31m\\u000d\\u000a')
      expect(commandsIn(shown.log).filter(name => !/^(?:add-mask|group|endgroup|debug)$/.test(name))).toEqual(
        [],
      )
      for (const bad of ['\u001b', 'javascript', 'run (']) expect(shown.log).not.toContain(bad)
      for (const bad of ['\u001b', '<img', '](https://evil']) expect(shown.summary).not.toContain(bad)
    }
  })
})
