/** What the tests of faults, kills and races share: the parts, a run behind a fault proxy, and the promises. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type EngineOptions, type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { makeCheckout } from '../../sandbox/git-checkout.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { readBlob, readTag } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import { runStep, type Step, type StepResult } from './action.ts'
import { type Exchange, type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** Whether the long version was asked for. */
export const LONG = process.env.FAULTS === 'all'

const PROJECT = 'cmswmcore'
const USER = 'robot$wmcore+releases'
const PASSWORD = 'a b"c\'d$e\\f`g;h'

/** Every kind of tag: built, copied and stable, copied and moving. */
const POLICY = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
export const [FIRST, MOVING, STABLE] = ['2.3.4', '2.3', '2.3.4-stable'] as const
export const GIT_TAG = FIRST

/** A policy that gives the git tag its first tag alone: what a release leaves that ends after the push. */
const FIRST_ALONE = 'final: X.Y.Z -> X.Y.Z'

/** What a repository has under the tags of the plan, by its storage. */
export type Published = Readonly<Record<typeof FIRST | typeof STABLE | typeof MOVING, string | undefined>>

/** Watches one repository for the promises about its tags. */
export interface Witness {
  /**
   * Looks at the storage now. While docker pushes, the first tag is not what it will be: an engine with the
   * containerd store gives it to the parts of an index one after the other, before it gives it to the index.
   */
  look(options?: { pushing: boolean }): Promise<Published>
  /** Forgets which digests the tags had: they were not those of a version. */
  forget(): void
  /** How often it has looked. */
  readonly looks: number
  /** What was seen that must not be. */
  readonly violations: readonly string[]
}

/** The digest of a tag. The registry writes it into a file, which is empty for a moment. */
const settledTag = async (storage: string, repository: string, tag: string): Promise<string | undefined> => {
  for (;;) {
    const digest = await readTag(storage, repository, tag)
    if (digest !== '') return digest
    await sleep(1)
  }
}

const makeWitness = (storage: string, repository: string): Witness => {
  const violations: string[] = []
  const fixed = new Map<string, string>()
  let looks = 0
  const remember = (tag: string, digest: string | undefined): void => {
    const before = fixed.get(tag)
    if (before !== undefined && digest !== before)
      violations.push(`${tag} was ${before}, and is ${digest ?? 'gone'}`)
    if (digest !== undefined) fixed.set(tag, digest)
  }
  return {
    violations,
    forget: () => fixed.clear(),
    get looks() {
      return looks
    },
    async look({ pushing } = { pushing: false }) {
      looks += 1
      // In this order: what the stable tag leads to must have been there before it.
      const stable = await settledTag(storage, repository, STABLE)
      const first = await settledTag(storage, repository, FIRST)
      const moving = await settledTag(storage, repository, MOVING)
      if (stable !== undefined && stable !== first)
        violations.push(`${STABLE} is ${stable}, and ${FIRST} is ${first ?? 'not there'}`)
      if (!pushing) remember(FIRST, first)
      remember(STABLE, stable)
      return { [FIRST]: first, [STABLE]: stable, [MOVING]: moving }
    },
  }
}

/** What a manifest is of. BuildKit puts statements in the in-toto format beside the images of an index. */
const kindOf = (manifest: Buffer): 'index' | 'image' | 'statement' => {
  const { layers } = JSON.parse(manifest.toString('utf8')) as { layers?: { mediaType: string }[] }
  if (layers === undefined) return 'index'
  return layers.some(({ mediaType }) => mediaType === 'application/vnd.in-toto+json') ? 'statement' : 'image'
}

/** One repository behind a door of its own. */
export interface Scene {
  readonly proxy: FaultProxy
  readonly repository: string
  /** The image as the bundle names it. */
  readonly image: string
  readonly witness: Witness
  /** Releases the git tag; what the bundle knows of the registry is the door. */
  release(step?: Partial<Step>): Promise<StepResult>
  /** Makes the repository what an interrupted release leaves: the first tag alone. */
  interrupted(): Promise<void>
  /**
   * What the first tag leads to. While it pushes, an engine with the containerd store gives the tag to the parts
   * of an index before the index: to an image of it, or to a statement about one.
   */
  firstTag(): Promise<'nothing' | 'index' | 'image' | 'statement'>
  stop(): Promise<void>
}

export interface FaultBench {
  readonly registry: Registry
  scene(name: string): Promise<Scene>
  stop(): Promise<void>
}

/** Requests of the bundle or the engine that can change what the registry has. */
export const writes = (exchanges: readonly Exchange[], asker: Exchange['asker']): Exchange[] =>
  exchanges.filter(
    ({ method, asker: who, path }) =>
      who === asker && method !== 'GET' && method !== 'HEAD' && path !== '/token',
  )

/**
 * Runs the release again after one that ended too early: it is green, every tag leads to one image, and nothing
 * is built that was published. A statement under the first tag is not: docker left its push half done.
 */
export const runAgain = async (scene: Scene): Promise<void> => {
  const { proxy, witness } = scene
  const left = (await witness.look())[FIRST]
  const isPublished = left !== undefined && (await scene.firstTag()) !== 'statement'
  if (!isPublished) witness.forget()
  proxy.begin({
    watch: { written: async ({ asker }) => void (await witness.look({ pushing: asker === 'engine' })) },
  })
  const again = await scene.release()
  expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  const { digest } = again.outputs
  expect(await witness.look()).toEqual({ [FIRST]: digest, [STABLE]: digest, [MOVING]: digest })
  expect(await scene.firstTag()).not.toBe('statement')
  if (isPublished) {
    expect(digest).toBe(left)
    expect(writes(proxy.exchanges, 'engine')).toEqual([])
  }
  expect(witness.violations).toEqual([])
}

/** Starts a registry that wants tokens, the server that gives them, and an engine; two contexts to build. */
export const startFaultBench = async (options: { engine: EngineOptions }): Promise<FaultBench> => {
  const workspace = await mkdtemp(join(tmpdir(), 'faults-'))
  const tokens: TokenServer = await startTokenServer({ users: { [USER]: PASSWORD } })
  const registry = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
  const engine: StartedEngine = await startEngine(options.engine)
  for (const name of ['service', 'other']) {
    await writeSampleContext(join(workspace, name), {
      lines: ['COPY name /name'],
      files: { name: `${name}\n` },
    })
  }
  await makeCheckout(workspace, 'https://github.com/dmwm/CMSKubernetes')
  const repositories = join(registry.storage, 'docker/registry/v2/repositories')

  const openScene = async (name: string): Promise<Scene> => {
    const repository = `${PROJECT}/${name}`
    const target = { registry: registry.url, realm: tokens.trust.realm, service: tokens.trust.service }
    const proxy = await startFaultProxy(target)
    return {
      proxy,
      repository,
      image: `${proxy.host}/${repository}`,
      witness: makeWitness(registry.storage, repository),
      release: step =>
        runStep({
          tag: GIT_TAG,
          workspace,
          ...step,
          env: { ...engine.env, ...step?.env },
          with: {
            registry: proxy.host,
            project: PROJECT,
            service: name,
            context: 'service',
            policy: POLICY,
            username: USER,
            password: PASSWORD,
            ...step?.with,
          },
        }),
      interrupted: async () => {
        await published
        await cp(join(repositories, TEMPLATE), join(repositories, repository), { recursive: true })
      },
      firstTag: async () => {
        const digest = await settledTag(registry.storage, repository, FIRST)
        return digest === undefined ? 'nothing' : kindOf(await readBlob(registry.storage, digest))
      },
      stop: proxy.stop,
    }
  }

  const TEMPLATE = `${PROJECT}/template`
  const publishTemplate = async (): Promise<void> => {
    const scene = await openScene('template')
    try {
      const step = await scene.release({ with: { policy: FIRST_ALONE } })
      if (step.exitCode !== 0) throw new Error(`the template was not published:\n${step.log}`)
    } finally {
      await scene.stop()
    }
  }
  const published = publishTemplate()
  await published
  return {
    registry,
    scene: openScene,
    stop: async () => {
      await Promise.all([registry.stop(), engine.stop(), tokens.stop()])
      await rm(workspace, { recursive: true, force: true })
    },
  }
}
