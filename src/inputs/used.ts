import fs from 'node:fs'
import { normalize } from 'node:path'
import { messageOf } from '../errors.ts'
import type { Use } from '../reconcile/used-findings.ts'
import { imageFinder } from '../reconcile/used-images.ts'
import { counted, oneLine } from '../text.ts'
import { lookAt } from './paths.ts'
import { linesOf, type Reading } from './texts.ts'

/** Stands for standard input. */
export const STDIN = '-'

/** What the files of `used` name of the services, each image once. Warns of files that are not read. */
export function usedOf(
  services: Parameters<typeof imageFinder>[0],
  reading: Reading,
): readonly Use[] | undefined {
  if (reading.texts.used === '') return undefined
  const texts = new Map(linesOf('used', reading).flatMap(entry => textsAt(entry, reading)))
  const find = imageFinder(services)
  const uses = new Map<string, Use & { at: string[] }>()
  for (const [name, text] of texts)
    for (const { line, ...image } of find(text)) {
      const key = Object.values(image).join(' ')
      const use = uses.get(key) ?? { ...image, at: [] }
      uses.set(key, use)
      use.at.push(oneLine(`${name}:${line}`))
    }
  const none = `No image of these services is named in the ${counted(texts.size, 'file')}.`
  if (texts.size > 0 && uses.size === 0) reading.log.warning('Nothing is found in used', none)
  return [...uses.values()]
}

/** Names and texts of the files of a path or glob. */
function textsAt(
  { line, wrong, warn }: ReturnType<typeof linesOf>[number],
  { run }: Reading,
): [string, string][] {
  if (line === STDIN && run.stdin !== undefined) return [['stdin', run.stdin]]
  // Node 20 has no globs.
  const globbed = () => fs.globSync?.(line, { cwd: run.workspace }).toSorted() ?? []
  const names = lookAt(line, run).kind === 'file' ? [normalize(line)] : globbed()
  const found = names.map(name => ({ name, ...lookAt(name, run) }))
  for (const { name, kind, problem } of found)
    if (kind === 'neither') warn(oneLine(`${name}: ${problem}`), 'It is not read.')
  const files = found.filter(({ kind }) => kind === 'file')
  if (files.length === 0)
    wrong(
      `${JSON.stringify(line)} leads to no file`,
      'Write a path from the workspace; a glob needs Node 22. By hand, - is what is piped in, if that is no password.',
    )
  return files.flatMap(({ name, path }): [string, string][] => {
    try {
      return [[name, fs.readFileSync(path, 'latin1')]]
    } catch (error) {
      wrong(`${name} can't be read: ${messageOf(error)}`, 'Leave it out, or make it smaller or readable.')
      return []
    }
  })
}
