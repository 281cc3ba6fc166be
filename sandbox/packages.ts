import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { failure, run } from './command.ts'
import type { Release } from './debian.ts'

export interface PackageSet {
  release: Release
  packages: readonly string[]
  /**
   * Whether everything that they depend on comes along, down to the C library: with it the folder is a root
   * filesystem (of which no maintainer script has run), without it just these packages.
   */
  dependencies?: boolean
}

const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stable-release-action', 'packages')

/** A configuration that keeps apt-get from reading or changing anything of the machine's own but its proxies. */
const aptConfiguration = (folder: string): string =>
  [
    // Images of Debian for containers have hooks here that empty the machine's package cache.
    ...['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'].map(
      hook => `#clear ${hook};`,
    ),
    `Dir::Etc::SourceList "${folder}/sources.list";`,
    'Dir::Etc::SourceParts "/dev/null";',
    'Dir::Etc::Preferences "/dev/null";',
    'Dir::Etc::PreferencesParts "/dev/null";',
    `Dir::State "${folder}/state";`,
    // Nothing is installed, as far as this apt-get knows: so it finds every dependency, not only the missing ones.
    'Dir::State::status "/dev/null";',
    `Dir::Cache "${folder}/cache";`,
    `Dir::Cache::archives "${folder}/archives";`,
    'Dir::Log "/dev/null";',
    // The user that apt-get downloads as cannot enter a cache below a home.
    'APT::Sandbox::User "root";',
    'APT::Install-Recommends "false";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    'Acquire::AllowInsecureRepositories "false";',
  ].join('\n')

const download = async (
  folder: string,
  { release, packages, dependencies }: PackageSet,
): Promise<string[]> => {
  await mkdir(join(folder, 'state'), { recursive: true })
  await mkdir(join(folder, 'archives', 'partial'), { recursive: true })
  await writeFile(join(folder, 'sources.list'), `${(await release.sources()).join('\n')}\n`)
  await writeFile(join(folder, 'apt.conf'), aptConfiguration(folder))
  const archives = join(folder, 'archives')
  const apt = (...args: string[]) =>
    run('apt-get', ['-c', join(folder, 'apt.conf'), '--quiet', ...args], {
      cwd: archives,
      env: { ...process.env, LC_ALL: 'C' },
    })
  await apt('update', '--error-on=any')
  if (dependencies) await apt('install', '--download-only', '--yes', ...packages)
  else await apt('download', ...packages)
  return (await readdir(archives)).filter(name => name.endsWith('.deb')).map(name => join(archives, name))
}

const fetchInto = async (folder: string, set: PackageSet): Promise<void> => {
  const cache = dirname(folder)
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, '.fetching-'))
  const what = `${set.packages.join(', ')} (${set.release.codename})`
  try {
    process.stderr.write(`fetching ${what}, once …\n`)
    const root = join(work, 'root')
    await mkdir(root)
    for (const archive of await download(work, set)) await run('dpkg-deb', ['--extract', archive, root])
    await rename(root, folder).catch(error => {
      // Another process was faster: its folder holds the same.
      if (!existsSync(folder)) throw error
    })
  } catch (error) {
    throw failure(`cannot fetch ${what}`, error)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** What this process is fetching now; keys are the folders. */
const underway = new Map<string, Promise<void>>()

/**
 * Downloads packages and unpacks them into one folder, which is returned; nothing is installed. The folder is kept
 * in the user's cache and shared by all who ask for the same set: treat it as read-only.
 *
 * @throws when the packages cannot be downloaded, with apt-get's last words
 */
export const fetchPackages = async (set: PackageSet): Promise<string> => {
  const { codename } = set.release
  const content = [codename, set.dependencies === true, ...set.packages.toSorted()]
  const key = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
  const folder = join(cacheFolder(), `${codename}-${process.arch}-${key}`)
  if (!existsSync(folder)) {
    const fetching = underway.get(folder) ?? fetchInto(folder, set).finally(() => underway.delete(folder))
    underway.set(folder, fetching)
    await fetching
  }
  return folder
}
