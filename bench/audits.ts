import { createHash } from 'node:crypto'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from '../__tests__/cli/bundle.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { seed } from '../__tests__/e2e/seed.ts'
import { findReleases } from '../sandbox/debian.ts'
import { fetchPackages } from '../sandbox/packages.ts'
import { readBlob } from '../sandbox/storage.ts'
import { type Program, timeAll } from './measure.ts'

const SERVICES = Array.from({ length: 10 }, (_, index) => `audited-${index}`)
const VERSIONS = 200
/** How many tags the loop of skopeo looks at, spread over services and versions. */
const SAMPLE = 40

/** The command line's audit of many services, and the time of a loop of skopeo over the same tags. */
export async function prepareAudits(bench: Bench) {
  const { env, workspace, registry } = bench
  const repositories = join(registry.storage, 'docker/registry/v2/repositories/cmswmcore')
  const [first = '', ...others] = SERVICES
  await publishVersions(bench, first)
  for (const service of others)
    await cp(join(repositories, first), join(repositories, service), { recursive: true })
  const args = [bundle, 'audit', SERVICES.join(','), registry.host, 'cmswmcore']
  const audit: Program = { command: process.execPath, args, env, cwd: workspace }
  await writeManifests(join(workspace, 'manifests'), `${registry.host}/cmswmcore`)
  // Of the newest versions alone, lest the registry's time hides that of the files.
  const newest: Program = { ...audit, args: [...args, '--from', versionAt(VERSIONS - 1)] }
  const used: Program = { ...newest, args: [...newest.args, '--used', 'manifests/**/*.yaml'] }
  const loop = await inspections(bench)
  const scale = (SERVICES.length * VERSIONS * 2) / SAMPLE
  return { audit, newest, used, inspectAll: async () => (await timeAll(loop)) * scale }
}

const MANIFESTS = 2_000

/** Manifests of 10 kB each, which use the newest versions. */
async function writeManifests(folder: string, project: string): Promise<void> {
  const rest = '        - name: SOME_VARIABLE\n          value: some value of it\n'.repeat(170)
  for (let index = 0; index < MANIFESTS; index += 1) {
    const of = join(folder, String(index % 50))
    await mkdir(of, { recursive: true })
    const service = SERVICES[index % SERVICES.length]
    const image = `      - image: ${project}/${service}:${versionAt(VERSIONS - 1)}-stable\n`
    await writeFile(join(of, `${index}.yaml`), image + rest)
  }
}

/**
 * Gives a repository its versions, each another image, with a stable tag. They are written where the registry keeps them:
 * blobs, and links from revisions and tags to them.
 */
async function publishVersions({ registry }: Bench, service: string): Promise<void> {
  const digest = await seed(registry, `cmswmcore/${service}`, versionAt(0))
  const manifest = JSON.parse((await readBlob(registry.storage, digest)).toString())
  const root = join(registry.storage, 'docker/registry/v2')
  const manifests = join(root, 'repositories/cmswmcore', service, '_manifests')
  const link = async (folder: string, hash: string): Promise<void> => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'link'), `sha256:${hash}`)
  }
  for (let index = 0; index < VERSIONS; index += 1) {
    const version = versionAt(index)
    const bytes = JSON.stringify({ ...manifest, annotations: { version } })
    const hash = createHash('sha256').update(bytes).digest('hex')
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

/** A loop of skopeo over some of the tags that the audit looks at: Debian 13's, with the C library of its own release. */
async function inspections({ env, registry }: Bench): Promise<Program[]> {
  const { engine } = findReleases()
  const root = await fetchPackages({ release: engine, packages: ['skopeo'], dependencies: true })
  const skopeo = ['--library-path', join(root, 'usr/lib/x86_64-linux-gnu'), join(root, 'usr/bin/skopeo')]
  return Array.from({ length: SAMPLE }, (_, index) => {
    const tag = `${versionAt((index * VERSIONS) / SAMPLE)}${index % 2 === 0 ? '' : '-stable'}`
    const image = `docker://${registry.host}/cmswmcore/${SERVICES[index % SERVICES.length]}:${tag}`
    return {
      command: join(root, 'usr/lib64/ld-linux-x86-64.so.2'),
      args: [...skopeo, '--insecure-policy', 'inspect', '--raw', '--tls-verify=false', image],
      env,
    }
  })
}

function versionAt(index: number): string {
  return `${Math.floor(index / 100)}.${Math.floor(index / 10) % 10}.${index % 10}`
}
