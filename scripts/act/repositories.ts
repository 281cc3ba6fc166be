/** Git repositories on this machine that stand for those on GitHub. */
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'

/** Built from it, an image prints what it is asked. */
const sample = { lines: ['ENTRYPOINT ["/bin/busybox", "echo"]'] }

/** The services that it has, and their packages. */
export const SERVICES = ['reqmgr2', 'reqmon'] as const

/** The git tags that the repository of the services has, oldest first. */
export const GIT_TAGS = ['2.3.4', 'v2.3.4', '2.4.5.8'] as const

const address = (name: string): string => `https://github.com/${name}`

/** The repository of the Dockerfiles. */
export const makeCmsKubernetes = async (github: string): Promise<void> => {
  const folder = join(github, 'dmwm/CMSKubernetes')
  for (const service of SERVICES) await writeSampleContext(join(folder, 'docker/pypi', service), sample)
  await writeSampleContext(join(folder, 'docker/das-server'), { lines: ['ENV TAG=none', ...sample.lines] })
  await makeCheckout(folder, address('dmwm/CMSKubernetes'))
  await git(folder, 'branch', '--move', 'master')
  // As GitHub does: actions/checkout asks for no more than the directory that it checks out.
  await git(folder, 'config', 'uploadpack.allowFilter', 'true')
}

/** A copy of this repository as it is now, tracked files alone. `files` are others in place of its own. */
export const copyThisRepository = async (
  github: string,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  const root = join(import.meta.dirname, '../..')
  const folder = join(github, 'dmwm/stable-release-action')
  const tracked = (await git(root, 'ls-files', '-z')).split('\0').filter(Boolean)
  for (const path of tracked) await cp(join(root, path), join(folder, path), { force: true })
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content)
  await makeCheckout(folder, address('dmwm/stable-release-action'))
  return folder
}

/** The repository of the services, with these workflows; keys are paths. */
export const makeWmCore = async (
  github: string,
  workflows: Readonly<Record<string, string>>,
): Promise<string> => {
  const folder = join(github, 'dmwm/WMCore')
  await writeSampleContext(folder, { ...sample, files: workflows })
  for (const service of SERVICES) await writeSampleContext(join(folder, 'docker', service), sample)
  await makeCheckout(folder, address('dmwm/WMCore'))
  for (const tag of GIT_TAGS) {
    await commitAll(folder, `Release ${tag}`)
    await git(folder, 'tag', tag)
  }
  return folder
}

/** Leads git from GitHub to the repositories of this folder. */
export const gitEnvironment = (github: string): NodeJS.ProcessEnv => ({
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: `url.file://${github}/.insteadOf`,
  GIT_CONFIG_VALUE_0: 'https://github.com/',
})
