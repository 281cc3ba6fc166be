import { join } from 'node:path'
import { findReleases } from './debian.ts'
import { fetchPackages } from './packages.ts'

/** The programs of an engine and a registry, none of which needs to be installed. */
export interface Programs {
  docker: string
  buildx: string
  registry: string
  busybox: string
  /** The search path for dockerd: its own programs first, then the machine's. */
  path: string
}

/**
 * Fetches the programs, unless that was done before.
 *
 * Of the libraries that they need, only runc's and dockerd's are more than the C library; apt itself depends on both
 * (libseccomp, libsystemd), so a machine that can fetch the programs can run them. Only runc needs those of its own
 * release.
 */
export const fetchPrograms = async (): Promise<Programs> => {
  const { own, engine } = findReleases()
  const packages = [
    'busybox-static',
    'containerd',
    'docker-buildx',
    'docker-cli',
    'docker-registry',
    'docker.io',
  ]
  const root = await fetchPackages({ release: engine, packages })
  const runc = await fetchPackages({ release: own, packages: ['runc'] })
  return {
    docker: join(root, 'usr/bin/docker'),
    buildx: join(root, 'usr/libexec/docker/cli-plugins/docker-buildx'),
    registry: join(root, 'usr/bin/docker-registry'),
    busybox: join(root, 'usr/bin/busybox'),
    path: [join(root, 'usr/sbin'), join(root, 'usr/bin'), join(runc, 'usr/sbin'), process.env.PATH].join(':'),
  }
}
