import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the shared libraries of a root filesystem lie, as LD_LIBRARY_PATH takes it. */
export const libraryPath = async (root: string): Promise<string> => {
  const folders = [join(root, 'usr/lib'), join(root, 'lib')].filter(folder => existsSync(folder))
  const names = await Promise.all(folders.map(async folder => ({ folder, names: await readdir(folder) })))
  const libraries = names.flatMap(({ folder, names }) =>
    names.filter(name => name.endsWith('-linux-gnu')).map(name => join(folder, name)),
  )
  return libraries.join(':')
}
