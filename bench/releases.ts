import { COMMIT } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { compare, time, timeAll } from './measure.ts'
import { action, docker } from './programs.ts'

/** A first release of a final tag beside the floor and WMCore's docker.sh, and the same release again. */
export async function compareReleases(bench: Bench, pairs: number) {
  const release = (tag: string) => time(action(bench, tag, { service: 'measured' }))
  const image = (service: string, tag: string) => `${bench.registry.host}/cmswmcore/${service}:${tag}`

  /** What others need at least: one docker command that builds from the cache and pushes both tags. */
  const floor = (tag: string) => {
    const tags = ['-t', image('floor', tag), '-t', image('floor', `${tag}-stable`)]
    const push = docker(bench, 'buildx', 'build', '--push', ...tags, 'service')
    // It pushes both tags at once, and now and then the registry answers one of them with 500: then it is done again.
    return time(push).catch(() => time(push))
  }

  /** What WMCore's docker.sh runs for a final tag, without the shell around it: two builds, listed and pushed. */
  const buildTwice = (tag: string) =>
    timeAll(
      [image('two-builds', tag), image('two-builds', `${tag}-stable`)].flatMap(name => [
        docker(bench, 'build', '--build-arg', `TAG=${tag}`, '--tag', name, 'service'),
        docker(bench, 'images'),
        docker(bench, 'push', name),
      ]),
    )

  // An image that was tested, of the commit of the git tags.
  const label = `--label=org.opencontainers.image.revision=${COMMIT}`
  const tested = image('brought', 'tested')
  await time(docker(bench, 'buildx', 'build', '--push', label, '-t', tested, 'service'))
  const bring = (tag: string) => {
    const inputs = { service: 'brought', context: '.', 'source-image': tested }
    return time(action(bench, tag, inputs))
  }

  return {
    brought: await compare(
      pairs * 2 + 1,
      pair => bring(`1.0.${pair}`),
      pair => floor(`1.3.${pair}`),
    ),
    release: await compare(
      pairs * 2 + 1,
      pair => release(`1.0.${pair}`),
      pair => floor(`1.0.${pair}`),
    ),
    again: await compare(
      pairs,
      pair => release(`1.0.${pair}`),
      pair => floor(`1.1.${pair}`),
    ),
    twoBuilds: await compare(
      pairs,
      pair => release(`1.2.${pair}`),
      pair => buildTwice(`1.2.${pair}`),
    ),
  }
}
