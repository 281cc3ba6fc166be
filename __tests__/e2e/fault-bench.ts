/** What the tests of faults, kills and races share: the parts, a run behind a fault proxy, and the promises. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type EngineOptions, startEngine } from '../../sandbox/engine.ts'
import { makeCheckout } from '../../sandbox/git-checkout.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { installSkopeo } from '../../sandbox/skopeo.ts'
import { readBlob, readTag } from '../../sandbox/storage.ts'
import { startTokenServer } from '../../sandbox/token-server.ts'
import { runStep, type Step, type StepResult } from './action.ts'
import type { Exchange } from './fault-calls.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** Whether the long version was asked for. */
export const LONG = process.env.FAULTS === 'all'

const PROJECT = 'cmswmcore'
const USER = 'robot$wmcore+releases'
const PASSWORD = 'a b"c\'d$e\\f`g;h'

/** Every kind of tag: built, copied and stable, copied and moving. */
const POLICY = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
export const [FIRST, MOVING, STABLE] = ['2.3.4', '2.3', '2.3.4-stable'] as const

/** Gives the git tag its first tag alone: what a release leaves that ends after the push. */
const FIRST_ALONE = 'final: X.Y.Z -> X.Y.Z'

/** What a repository has under the tags of the plan, by its storage. */
type Published = Readonly<Record<typeof FIRST | typeof STABLE | typeof MOVING, string | undefined>>

type Witness = ReturnType<typeof makeWitness>

export type FaultBench = Awaited<ReturnType<typeof startFaultBench>>

/** One repository behind a door of its own. */
export interface Scene {
  readonly proxy: FaultProxy
  /** The image as the bundle names it. */
  readonly image: string
  readonly witness: Witness
  readonly mirrors: readonly Witness[]
  /** Releases the git tag; what the bundle knows of the registry is the door. */
  release(step?: Partial<Step>): Promise<StepResult>
  /** Makes the repository what an interrupted release leaves: the first tag alone. */
  interrupted(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a registry that wants tokens, the server that gives them, and an engine; two contexts to build. With `mirrored`, each
 * repository has a mirror behind the same door, and one in another registry.
 */
export async function startFaultBench({
  mirrored = false,
  ...options
}: EngineOptions & { mirrored?: boolean }) {
  const workspace = await mkdtemp(join(tmpdir(), 'faults-'))
  const tokens = await startTokenServer({ users: { [USER]: PASSWORD } })
  const registry = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
  const engine = await startEngine(options)
  for (const name of ['service', 'other']) {
    const files = { name: `${name}\n` }
    await writeSampleContext(join(workspace, name), { lines: ['COPY name /name'], files })
  }
  await makeCheckout(workspace, 'https://github.com/dmwm/CMSKubernetes')
  const other = mirrored ? await startRegistry() : undefined
  const skopeo = mirrored ? await installSkopeo(workspace) : { bin: '/nowhere', env: {} }
  const folderOf = (name: string): string =>
    join(registry.storage, 'docker/registry/v2/repositories', PROJECT, name)

  const scene = async (name: string): Promise<Scene> => {
    const { realm, service } = tokens.trust
    const proxy = await startFaultProxy({ registry: registry.url, realm, service })
    const inputs = { registry: proxy.host, project: PROJECT, service: name, context: 'service' }
    const path = `mirrors/${name}`
    const places = other === undefined ? [] : [{ ...registry, host: proxy.host }, other]
    const mirrors = places.map(({ host }) => `${host}/${path}`).join('\n')
    const account = { username: USER, password: PASSWORD }
    return {
      proxy,
      image: `${proxy.host}/${PROJECT}/${name}`,
      witness: makeWitness(registry.storage, `${PROJECT}/${name}`),
      mirrors: places.map(({ storage }) => makeWitness(storage, path)),
      release: step =>
        runStep({
          tag: FIRST,
          workspace,
          ...step,
          env: { ...engine.env, ...skopeo.env, PATH: `${skopeo.bin}:${engine.env.PATH}`, ...step?.env },
          with: { ...inputs, ...account, policy: POLICY, mirrors, ...step?.with },
        }),
      interrupted: async () => void (await run('cp', ['-r', folderOf('template'), folderOf(name)])),
      stop: proxy.stop,
    }
  }

  const template = await scene('template')
  expect(await template.release({ with: { policy: FIRST_ALONE, mirrors: '' } })).toMatchObject({
    exitCode: 0,
  })
  await template.stop()
  return {
    scene,
    storage: registry.storage,
    stop: async () => {
      await Promise.all([registry.stop(), other?.stop(), engine.stop(), tokens.stop()])
      await rm(workspace, { recursive: true, force: true })
    },
  }
}

/** Requests of the bundle or the engine that can change what the registry has: not an upload that is begun and cancelled. */
export function writes(exchanges: readonly Exchange[], asker: Exchange['asker']): Exchange[] {
  return exchanges.filter(
    ({ method, asker: who, path, call }) =>
      who === asker &&
      method !== 'GET' &&
      method !== 'HEAD' &&
      path !== '/token' &&
      call !== 'upload' &&
      call !== 'cancel',
  )
}

/**
 * Runs the release again after one that ended too early: it is green, every tag leads to one image, and nothing
 * is built that was published. A statement under the first tag is not: docker left its push half done.
 */
export async function runAgain({ proxy, witness, mirrors, release }: Scene): Promise<void> {
  const left = (await witness.look())[FIRST]
  const isPublished = left !== undefined && !(await witness.firstIsStatement())
  if (!isPublished) witness.forget()
  proxy.begin({ watch: { written: witness.lookAfter } })
  const again = await release()
  expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  const { digest } = again.outputs
  for (const each of [witness, ...mirrors])
    expect(await each.look()).toEqual({ [FIRST]: digest, [STABLE]: digest, [MOVING]: digest })
  expect(await witness.firstIsStatement()).toBe(false)
  if (isPublished) {
    expect(digest).toBe(left)
    const builds = writes(proxy.exchanges, 'engine').filter(({ path }) => !path.startsWith('/v2/mirrors/'))
    expect(builds).toEqual([])
  }
  for (const { violations } of [witness, ...mirrors]) expect(violations).toEqual([])
}

/** Watches one repository for the promises about its tags. */
function makeWitness(storage: string, repository: string) {
  /** What was seen that must not be. */
  const violations: string[] = []
  const fixed = new Map<string, string>()
  const remember = (tag: string, digest: string | undefined): void => {
    const before = fixed.get(tag)
    if (before !== undefined && digest !== before)
      violations.push(`${tag} was ${before}, and is ${digest ?? 'gone'}`)
    if (digest !== undefined) fixed.set(tag, digest)
  }
  /** The digest of a tag. The registry writes it into a file, which is empty for a moment. */
  const settled = async (tag: string): Promise<string | undefined> => {
    for (;;) {
      const digest = await readTag(storage, repository, tag)
      if (digest !== '') return digest
      await sleep(1)
    }
  }
  /**
   * Looks at the storage now. While docker pushes, the first tag is not what it will be: an engine with the
   * containerd store gives it to the parts of an index one after the other, before it gives it to the index.
   */
  const look = async ({ pushing } = { pushing: false }): Promise<Published> => {
    // In this order: what the stable tag leads to must have been there before it.
    const stable = await settled(STABLE)
    const first = await settled(FIRST)
    const moving = await settled(MOVING)
    if (stable !== undefined && stable !== first)
      violations.push(`${STABLE} is ${stable}, and ${FIRST} is ${first ?? 'not there'}`)
    if (!pushing) remember(FIRST, first)
    remember(STABLE, stable)
    return { [FIRST]: first, [STABLE]: stable, [MOVING]: moving }
  }
  return {
    violations,
    look,
    /** Looks after the registry has accepted a manifest. */
    lookAfter: async ({ asker }: Exchange): Promise<void> =>
      void (await look({ pushing: asker === 'engine' })),
    /** Forgets which digests the tags had: they were not those of a version. */
    forget: () => fixed.clear(),
    /** Whether the first tag leads to a statement (in-toto), which BuildKit puts beside the images of an index. */
    firstIsStatement: async (): Promise<boolean> => {
      const digest = await settled(FIRST)
      if (digest === undefined) return false
      const { layers = [] } = JSON.parse((await readBlob(storage, digest)).toString())
      return layers.some(({ mediaType }: { mediaType: string }) => mediaType.includes('in-toto'))
    },
  }
}
