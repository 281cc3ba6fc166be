import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findReleases } from './debian.ts'
import { libraryPath } from './libraries.ts'
import { fetchPackages } from './packages.ts'

/** Fetches this distribution's skopeo, unless that was done before: a root filesystem with the libraries that it needs. */
export const fetchSkopeo = (): Promise<string> =>
  fetchPackages({ release: findReleases().own, packages: ['skopeo'], dependencies: true })

/**
 * Puts a skopeo command into a folder, and makes a home there with the policy without which it copies nothing. Gives back
 * what leads to both: a folder for PATH, and the variables. The machine's own configuration is not read.
 */
export const installSkopeo = async (folder: string): Promise<{ bin: string; env: NodeJS.ProcessEnv }> => {
  const root = await fetchSkopeo()
  const [bin, home, registries] = ['skopeo-bin', 'skopeo-home', 'registries.conf'].map(name =>
    join(folder, name),
  ) as [string, string, string]
  await mkdir(bin, { recursive: true })
  await mkdir(join(home, '.config/containers'), { recursive: true })
  const policy = { default: [{ type: 'insecureAcceptAnything' }] }
  await writeFile(join(home, '.config/containers/policy.json'), JSON.stringify(policy))
  await writeFile(registries, '')
  const script = [
    '#!/bin/sh',
    `export PATH=/usr/sbin:/usr/bin:/sbin:/bin LD_LIBRARY_PATH='${await libraryPath(root)}'`,
    // As root it remembers in /var/lib which layers it has seen where.
    `exec unshare --mount -- sh -c 'mount --no-mtab -t tmpfs tmpfs /var/lib && exec "$@"' sh '${root}/usr/bin/skopeo' "$@"`,
  ]
  await writeFile(join(bin, 'skopeo'), `${script.join('\n')}\n`, { mode: 0o755 })
  return { bin, env: { HOME: home, CONTAINERS_REGISTRIES_CONF: registries } }
}
