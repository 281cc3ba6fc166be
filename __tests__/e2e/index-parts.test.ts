/** An engine with the containerd store gives the tag to the parts of an index before the index: what if that ends halfway? */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBlob } from '../../sandbox/storage.ts'
import { type FaultBench, FIRST, type Scene, STABLE, startFaultBench } from './fault-bench.ts'

const PLATFORMS = ['linux/amd64', 'linux/arm64']
const TAGGED = new RegExp(`/manifests/${FIRST}$`)

let bench: FaultBench
beforeAll(async () => {
  bench = await startFaultBench({ store: 'containerd' })
}, 120_000)
afterAll(() => bench?.stop())

/** Releases both platforms; of the engine's requests that give the first tag, those from `first` on to `last` are lost. */
async function releaseWithout(scene: Scene, first: number, last: number) {
  let count = 0
  const arrived: NonNullable<Parameters<Scene['proxy']['begin']>[0]>['watch'] = {
    arrived: ({ method, path, asker }) => {
      if (asker === 'engine' && method === 'PUT' && TAGGED.test(path)) count += 1
      else return true
      return count < first || count > last
    },
  }
  scene.proxy.begin({ watch: arrived })
  return scene.release({ with: { 'build-options': `--platform=${PLATFORMS.join()}` } })
}

/** The platforms of what a tag has, from the registry's storage. */
async function platformsAt(storage: string, digest: string | undefined): Promise<string[]> {
  const { manifests = [] } = JSON.parse((await readBlob(storage, digest ?? '')).toString())
  return manifests
    .map(({ platform }: { platform: { os: string; architecture: string } }) => platform)
    .filter(({ os }: { os: string }) => os !== 'unknown')
    .map(({ os, architecture }: { os: string; architecture: string }) => `${os}/${architecture}`)
    .toSorted()
}

test.concurrent.each(
  [1, 2, 3, 4, 5].flatMap(first => [first, Number.POSITIVE_INFINITY].map(last => ({ first, last }))),
)(
  'without its requests $first to $last, it is whole, or red and not stable',
  { timeout: 170_000 },
  async ({ first, last }) => {
    const scene = await bench.scene(`parts-${first}-${last}`.toLowerCase())
    try {
      const { exitCode, log } = await releaseWithout(scene, first, last)
      const published = await scene.witness.look({ pushing: true })
      if (exitCode === 0) expect(await platformsAt(bench.storage, published[FIRST]), log).toEqual(PLATFORMS)
      else expect(published[STABLE], log).toBeUndefined()
      if (last === first) expect(exitCode, log).toBe(0)
    } finally {
      await scene.stop()
    }
  },
)
