import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { runStep } from './action.ts'

let registry: Registry
let workspace: string

beforeAll(async () => {
  registry = await startRegistry()
  workspace = await mkdtemp(join(tmpdir(), 'workspace-'))
  await writeSampleContext(join(workspace, 'service'))
})

afterAll(async () => {
  await registry?.stop()
  await rm(workspace, { recursive: true, force: true })
})

describe.each(['containerd', 'classic'] as const)('an engine with the %s store', store => {
  let engine: StartedEngine
  beforeAll(async () => {
    engine = await startEngine({ store })
  })
  afterAll(() => engine?.stop())

  test.each([
    { tag: '2.3.4', rule: 'final', tags: ['2.3.4', '2.3.4-stable'] },
    { tag: '2.3.4.1', rule: 'patch', tags: ['2.3.4.1', '2.3.4.1-stable'] },
    { tag: '2.3.5rc1', rule: 'candidate', tags: ['2.3.5rc1'] },
    { tag: '1.4.0.pre2', rule: 'other', tags: ['1.4.0.pre2'] },
  ])('$tag is published as $tags', async ({ tag, rule, tags }) => {
    const service = `${store}-${rule}`
    const step = await runStep({
      tag,
      workspace,
      env: engine.env,
      with: { registry: registry.host, project: 'cmswmcore', service, context: 'service' },
    })
    expect(step.annotations).toEqual([])
    expect(step.exitCode).toBe(0)
    const repository = `cmswmcore/${service}`
    expect(await listTags(registry.storage, repository)).toEqual([...tags].sort())
    for (const name of tags)
      expect(await readTag(registry.storage, repository, name)).toBe(step.outputs.digest)
    expect(step.leftBehind).toEqual([])
  })
})
