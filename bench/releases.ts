import type { Bench } from '../__tests__/e2e/bench.ts'
import { compare, time, timeAll } from './measure.ts'
import { action, docker } from './programs.ts'

const imageOf = ({ registry }: Bench, service: string, tag: string): string =>
  `${registry.host}/cmswmcore/${service}:${tag}`

/** What others need at least: one docker command that builds from the cache and pushes both tags. */
const floor = (bench: Bench, tag: string) => {
  const image = imageOf(bench, 'floor', tag)
  const push = docker(bench, 'buildx', 'build', '--push', '-t', image, '-t', `${image}-stable`, 'service')
  // It pushes both tags at once, and now and then the registry answers one of them with 500: then it is done again.
  return time(push).catch(() => time(push))
}

/** What WMCore's docker.sh runs for a final tag, without the shell around it: two builds, listed and pushed. */
const twoBuilds = (bench: Bench, tag: string) =>
  timeAll(
    [tag, `${tag}-stable`].flatMap(name => {
      const image = imageOf(bench, 'two-builds', name)
      return [
        docker(bench, 'build', '--build-arg', `TAG=${tag}`, '--tag', image, 'service'),
        docker(bench, 'images'),
        docker(bench, 'push', image),
      ]
    }),
  )

/** One build, pushed, and a second tag by buildx, which fetches the manifest and puts one. */
const imagetools = (bench: Bench, tag: string) => {
  const image = imageOf(bench, 'imagetools', tag)
  return timeAll([
    docker(bench, 'buildx', 'build', '--push', '-t', image, 'service'),
    docker(bench, 'buildx', 'imagetools', 'create', '-t', `${image}-stable`, image),
  ])
}

/** A first release of a final tag beside the floor and what others do, and the same release again. */
export const compareReleases = async (bench: Bench, pairs: number) => {
  const release = (tag: string) => time(action(bench, tag, { service: 'measured' }))
  const beside = (theirs: (bench: Bench, tag: string) => Promise<number>, minor: string, times = pairs) =>
    compare(
      times,
      pair => release(`${minor}.${pair}`),
      pair => theirs(bench, `${minor}.${pair}`),
    )
  return {
    release: await beside(floor, '1.0', pairs * 2 + 1),
    again: await compare(
      pairs,
      pair => release(`1.0.${pair}`),
      pair => floor(bench, `1.1.${pair}`),
    ),
    besideTwoBuilds: await beside(twoBuilds, '1.2'),
    besideImagetools: await beside(imagetools, '1.3'),
  }
}
