import { createCipheriv } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { COMMIT } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { requestsTo } from '../__tests__/e2e/requests.ts'
import { startEngine } from '../sandbox/engine.ts'
import { compare, time, timeAll } from './measure.ts'
import { action, docker } from './programs.ts'

const TAG = '2.3.4'
const MB = 1_000_000

/** Bytes that no compression makes fewer, without asking the kernel for a gigabyte of randomness. */
async function* noise(megabytes: number): AsyncGenerator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(MB)
  for (let written = 0; written < megabytes; written += 1) yield cipher.update(zeros)
}

/** Publishes an image of a size in a repository of its own, by an engine that is gone afterwards with all it had. */
const publish = async (bench: Bench, service: string, megabytes: number): Promise<void> => {
  const folder = join(bench.workspace, service)
  const name = `${bench.registry.host}/cmswmcore/${service}:${TAG}`
  await mkdir(folder)
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY noise /noise\nCMD ["/noise"]\n')
  await pipeline(Readable.from(noise(megabytes)), createWriteStream(join(folder, 'noise')))
  const output = `--output=type=image,name=${name},push=true,compression=uncompressed`
  const engine = await startEngine()
  try {
    // docker pulls no attestations, and then can not push the index that names them.
    const labels = [`revision=${COMMIT}`, 'source=https://github.com/dmwm/WMCore'].map(
      label => `--label=org.opencontainers.image.${label}`,
    )
    const build = docker(bench, 'buildx', 'build', '--provenance=false', ...labels, output, service)
    await time({ ...build, env: engine.env })
  } finally {
    await engine.stop()
  }
  await rm(folder, { recursive: true })
}

const placeOf = ({ registry }: Bench, service: string): string =>
  join(registry.storage, 'docker/registry/v2/repositories/cmswmcore', service)

/** Promotes anew: the stable tags are taken away before, as if they had never been. */
const promote = async (bench: Bench, ...services: readonly string[]): Promise<number> => {
  for (const service of services) {
    const stable = join(placeOf(bench, service), '_manifests/tags', `${TAG}-stable`)
    await rm(stable, { recursive: true, force: true })
  }
  return time(action(bench, TAG, { service: services.join(','), command: 'promote' }))
}

/** As many services as WMCore has, each with the image of another one. */
const publishMany = async (bench: Bench, as: string): Promise<string[]> => {
  const services = Array.from({ length: 11 }, (_, index) => `${as}-${index}`)
  for (const service of services) {
    await cp(placeOf(bench, as), placeOf(bench, service), { recursive: true })
  }
  return services
}

/** The other way: through the engine, which does not have the image yet. */
const pullTagPush = async (bench: Bench, service: string): Promise<number> => {
  const name = `${bench.registry.host}/cmswmcore/${service}:${TAG}`
  const blobs = async () =>
    (await requestsTo(bench.registry, `cmswmcore/${service}`)).filter(
      ({ method, path }) => method === 'GET' && path.includes('/blobs/'),
    ).length
  const before = await blobs()
  const took = await timeAll([
    docker(bench, 'pull', name),
    docker(bench, 'tag', name, `${name}-stable`),
    docker(bench, 'push', `${name}-stable`),
  ])
  // Otherwise the layers were still in the engine.
  if ((await blobs()) - before < 2) throw new Error(`the pull of ${name} did not pull`)
  await timeAll([
    docker(bench, 'image', 'rm', '--force', name, `${name}-stable`),
    docker(bench, 'image', 'prune', '--force'),
  ])
  return took
}

/** Promotions of a small and a large image beside the other way, and beside each other. */
export const comparePromotions = async (bench: Bench, pairs: number) => {
  await publish(bench, 'small', 1)
  await publish(bench, 'large', 1_000)
  const many = await publishMany(bench, 'small')
  const besides = (service: string) =>
    compare(
      pairs,
      () => promote(bench, service),
      () => pullTagPush(bench, service),
    )
  return {
    promoteSmall: await besides('small'),
    promoteLarge: await besides('large'),
    promoteLargeBesidesSmall: await compare(
      pairs * 2 + 1,
      () => promote(bench, 'large'),
      () => promote(bench, 'small'),
    ),
    promoteMany: await compare(
      pairs * 2 + 1,
      () => promote(bench, ...many),
      () => promote(bench, 'small'),
    ),
  }
}
