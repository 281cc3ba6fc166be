import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git, makeCheckout } from '../../sandbox/git-checkout.ts'

/**
 * Writes files that are like a bare repository with a work tree. Whoever asks git for what has changed there has it run a
 * command, which leaves the file `ran`: a filter of the settings looks at files whose time is another than in the index.
 */
export const writeHostileFiles = async (directory: string, ran: string): Promise<void> => {
  const dockerfiles = ['Dockerfile', 'below/Dockerfile'].map(name => join(directory, name))
  await mkdir(join(directory, 'below'), { recursive: true })
  for (const path of dockerfiles) await writeFile(path, 'FROM scratch\n')
  await writeFile(join(directory, '.gitattributes'), '* filter=hostile\n')
  await makeCheckout(directory, 'https://github.com/dmwm/CMSKubernetes')
  await git(directory, 'config', 'filter.hostile.clean', `touch '${ran}'; cat`)
  await git(directory, 'config', 'core.worktree', '.')
  const inside = join(directory, '.git')
  for (const name of await readdir(inside)) await rename(join(inside, name), join(directory, name))
  await rm(inside, { recursive: true })
  for (const path of dockerfiles) await utimes(path, 1, 1)
}
