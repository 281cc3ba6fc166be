import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Everything below a folder, by path: the content of files, where links lead, and the rights. */
export const snapshot = async (folder: string): Promise<Record<string, string>> => {
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true })).map(entry =>
    join(entry.parentPath, entry.name),
  )
  const entries = paths.map(async path => {
    const { mode } = await lstat(path)
    const kind = mode & 0o170000
    const rights = (mode & 0o7777).toString(8)
    const content =
      kind === 0o100000
        ? await readFile(path, 'latin1')
        : kind === 0o120000
          ? `link to ${await readlink(path)}`
          : 'no file'
    return [relative(folder, path), `${rights} ${content}`] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
