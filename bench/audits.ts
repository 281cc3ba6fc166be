import { createHash } from 'node:crypto'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { seed } from '../__tests__/e2e/seed.ts'
import { findReleases } from '../sandbox/debian.ts'
import { fetchPackages } from '../sandbox/packages.ts'
import { readBlob } from '../sandbox/storage.ts'
import { compare, type Program, peakMemory, time, timeAll } from './measure.ts'
import { bundles } from './programs.ts'

const SERVICES = Array.from({ length: 10 }, (_, index) => `audited-${index}`)
const VERSIONS = 200
/** How many tags the loop of skopeo looks at, spread over services and versions. */
const SAMPLE = 40

const versionAt = (index: number): string =>
  `${Math.floor(index / 100)}.${Math.floor(index / 10) % 10}.${index % 10}`

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Gives a repository as many versions, each another image, with a stable tag. They are written where the registry keeps
 * them: blobs, and links from revisions and tags to them.
 */
export const publishVersions = async (
  { registry }: Bench,
  service: string,
  versions: number,
): Promise<void> => {
  const digest = await seed(registry, `cmswmcore/${service}`, versionAt(0))
  const manifest = JSON.parse((await readBlob(registry.storage, digest)).toString())
  const root = join(registry.storage, 'docker/registry/v2')
  const manifests = join(root, 'repositories/cmswmcore', service, '_manifests')
  const link = async (folder: string, hash: string): Promise<void> => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'link'), `sha256:${hash}`)
  }
  for (let index = 0; index < versions; index += 1) {
    const version = versionAt(index)
    const bytes = Buffer.from(JSON.stringify({ ...manifest, annotations: { version } }))
    const hash = sha256(bytes)
    const blob = join(root, 'blobs/sha256', hash.slice(0, 2), hash)
    await mkdir(blob, { recursive: true })
    await writeFile(join(blob, 'data'), bytes)
    await link(join(manifests, 'revisions/sha256', hash), hash)
    for (const tag of [version, `${version}-stable`]) {
      await link(join(manifests, 'tags', tag, 'current'), hash)
      await link(join(manifests, 'tags', tag, 'index/sha256', hash), hash)
    }
  }
}

/** The command line's audit. */
const audit = ({ env, workspace, registry }: Bench, ...services: readonly string[]): Program => ({
  command: process.execPath,
  args: [bundles.cli, 'audit', services.join(','), registry.host, 'cmswmcore'],
  env,
  cwd: workspace,
})

/** Debian 13's skopeo, which is not installed: with the C library of its own release. */
const fetchSkopeo = async (): Promise<Pick<Program, 'command' | 'args'>> => {
  const { engine } = findReleases()
  const root = await fetchPackages({ release: engine, packages: ['skopeo'], dependencies: true })
  return {
    command: join(root, 'usr/lib64/ld-linux-x86-64.so.2'),
    args: [
      '--library-path',
      join(root, 'usr/lib/x86_64-linux-gnu'),
      join(root, 'usr/bin/skopeo'),
      '--insecure-policy',
    ],
  }
}

/** A loop of skopeo over some of the tags that the audit looks at. */
const inspections = ({ env, registry }: Bench, skopeo: Pick<Program, 'command' | 'args'>): Program[] =>
  Array.from({ length: SAMPLE }, (_, index) => {
    const version = versionAt((index * VERSIONS) / SAMPLE)
    const service = SERVICES[index % SERVICES.length]
    const image = `docker://${registry.host}/cmswmcore/${service}:${version}${index % 2 === 0 ? '' : '-stable'}`
    return { ...skopeo, args: [...skopeo.args, 'inspect', '--raw', '--tls-verify=false', image], env }
  })

/** The audit of many services beside a loop of skopeo over the same tags, its memory, and how its cost grows. */
export const measureAudits = async (bench: Bench, pairs: number) => {
  const repositories = join(bench.registry.storage, 'docker/registry/v2/repositories/cmswmcore')
  const [first = '', ...others] = SERVICES
  await publishVersions(bench, first, VERSIONS)
  for (const service of others)
    await cp(join(repositories, first), join(repositories, service), { recursive: true })
  await publishVersions(bench, 'grown', 10 * VERSIONS)
  const loop = inspections(bench, await fetchSkopeo())
  const all = audit(bench, ...SERVICES)
  const scale = (SERVICES.length * VERSIONS * 2) / SAMPLE
  return {
    audit: await compare(
      pairs,
      () => time(all),
      async () => (await timeAll(loop)) * scale,
    ),
    auditMemory: await peakMemory(all),
    auditGrowth: await compare(
      pairs,
      () => time(audit(bench, 'grown')),
      () => time(audit(bench, first)),
    ),
  }
}
