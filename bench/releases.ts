import type { Bench } from '../__tests__/e2e/bench.ts'
import { compare, time } from './measure.ts'
import { action, docker } from './programs.ts'

/** What others need at least: one docker command that builds from the cache and pushes both tags. */
const floor = (bench: Bench, tag: string) => {
  const image = `${bench.registry.host}/cmswmcore/floor:${tag}`
  return time(docker(bench, 'buildx', 'build', '--push', '-t', image, '-t', `${image}-stable`, 'service'))
}

/** A first release of a final tag, and the same release again, each beside the floor. */
export const compareReleases = async (bench: Bench, pairs: number) => {
  const ofRelease = (pair: number) => `1.0.${pair}`
  const release = await compare(
    pairs * 2 + 1,
    pair => time(action(bench, ofRelease(pair), { service: 'measured' })),
    pair => floor(bench, ofRelease(pair)),
  )
  const again = await compare(
    pairs,
    pair => time(action(bench, ofRelease(pair), { service: 'measured' })),
    pair => floor(bench, `1.1.${pair}`),
  )
  return { release, again }
}
