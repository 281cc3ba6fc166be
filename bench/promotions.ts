import { cp, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMIT } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { compare, time } from './measure.ts'
import { action, docker } from './programs.ts'

const TAG = '2.3.4'

/** Promotions of a large image and of many services, each beside that of one small image. */
export async function comparePromotions(bench: Bench, pairs: number) {
  await publish(bench, 'small', 1_000_000)
  await publish(bench, 'large', 1_000_000_000)
  // As many services as WMCore has, each with the image of another one.
  const services = Array.from({ length: 11 }, (_, index) => `small-${index}`)
  for (const service of services) {
    await cp(placeOf(bench, 'small'), placeOf(bench, service), { recursive: true })
  }
  const small = () => promote(bench, 'small')
  return {
    large: await compare(pairs, () => promote(bench, 'large'), small),
    many: await compare(pairs, () => promote(bench, ...services), small),
  }
}

/** Publishes an image with as many bytes, which are not compressed. */
async function publish(bench: Bench, service: string, bytes: number): Promise<void> {
  const folder = join(bench.workspace, service)
  const name = `${bench.registry.host}/cmswmcore/${service}:${TAG}`
  await mkdir(folder)
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY content /content\nCMD ["/content"]\n')
  await writeFile(join(folder, 'content'), service)
  await truncate(join(folder, 'content'), bytes)
  const labels = [`revision=${COMMIT}`, 'source=https://github.com/dmwm/WMCore'].map(
    label => `--label=org.opencontainers.image.${label}`,
  )
  const output = `--output=type=image,name=${name},push=true,compression=uncompressed`
  await time(docker(bench, 'buildx', 'build', ...labels, output, service))
  await rm(folder, { recursive: true })
}

/** Promotes anew: the stable tags are taken away before, as if they had never been. */
async function promote(bench: Bench, ...services: readonly string[]): Promise<number> {
  for (const service of services) {
    const stable = join(placeOf(bench, service), '_manifests/tags', `${TAG}-stable`)
    await rm(stable, { recursive: true, force: true })
  }
  return time(action(bench, TAG, { service: services.join(','), command: 'promote' }))
}

function placeOf({ registry }: Bench, service: string): string {
  return join(registry.storage, 'docker/registry/v2/repositories/cmswmcore', service)
}
