import { existsSync, readFileSync } from 'node:fs'
import { run } from './command.ts'

/** A release of the distribution. */
export interface Release {
  codename: string
  /**
   * The lines of an apt sources list that lead to it, from the machine's own configuration.
   *
   * @throws when the machine has no apt, or its apt has no archive of the distribution
   */
  sources(): Promise<readonly string[]>
}

interface Archive {
  uri: string
  /** A codename or a suite ("stable"), with a suffix if it is that of the updates. */
  suite: string
}

/** The first release whose own packages have an engine with buildx and the containerd image store. */
const firstWithEngine = { version: 13, codename: 'trixie' }

const readOsRelease = (): Record<string, string | undefined> => {
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)
  return Object.fromEntries(Array.from(lines, ([, key, value]) => [key, value]))
}

/** All that apt-get is configured with: it would ask these for their state, though their lists may never have been here. */
const listArchives = async (): Promise<Archive[]> => {
  const uris = await run('apt-get', ['update', '--print-uris'])
  const archives = uris.matchAll(/^'(.+)\/dists\/(.+)\/InRelease' /gm)
  return Array.from(archives, ([, uri = '', suite = '']) => ({ uri, suite }))
}

const findMain = async (codename: string): Promise<{ main: Archive; archives: Archive[] }> => {
  const archives = await listArchives()
  const main =
    archives.find(({ suite }) => suite === codename) ?? archives.find(({ suite }) => /^[a-z]+$/.test(suite))
  if (main === undefined)
    throw new Error(`apt on this machine has no archive of ${codename}: add it to its sources`)
  return { main, archives }
}

/** Where the distribution keeps its keys, if not among those that apt trusts for every archive. */
const signedBy = (distribution: string): string => {
  const keyrings = ['gpg', 'pgp'].map(
    suffix => `/usr/share/keyrings/${distribution}-archive-keyring.${suffix}`,
  )
  const keyring = keyrings.find(path => existsSync(path))
  return keyring === undefined ? '' : `[signed-by=${keyring}] `
}

/**
 * The release that runs on this machine, and the release to take an engine from: the same one, except on a Debian
 * that is too old to have it.
 */
export const findReleases = (): { own: Release; engine: Release } => {
  const { ID = '', VERSION_CODENAME: codename = '', VERSION_ID } = readOsRelease()
  const components = ID === 'ubuntu' ? 'main universe' : 'main'
  const line = ({ uri, suite }: Archive) => `deb ${signedBy(ID)}${uri} ${suite} ${components}`
  const own: Release = {
    codename,
    sources: async () => {
      const { main, archives } = await findMain(codename)
      return archives
        .filter(({ suite }) => suite === main.suite || suite.startsWith(`${main.suite}-`))
        .map(line)
    },
  }
  if (ID !== 'debian' || !(Number(VERSION_ID) < firstWithEngine.version)) return { own, engine: own }
  const newer: Release = {
    codename: firstWithEngine.codename,
    sources: async () => {
      const { main } = await findMain(codename)
      return [line({ uri: main.uri, suite: firstWithEngine.codename })]
    },
  }
  return { own, engine: newer }
}
