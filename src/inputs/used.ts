import fs from 'node:fs'
import { messageOf } from '../errors.ts'
import type { Use } from '../reconcile/used-findings.ts'
import { imageFinder } from '../reconcile/used-images.ts'
import { counted, oneLine } from '../text.ts'
import { lookAt } from './paths.ts'
import type { Reading } from './texts.ts'

/** Stands for standard input. */
export const STDIN = '-'

/** What the files of `used` name of the services, each image once. Warns of files that are not read. */
export function usedOf(
  services: Parameters<typeof imageFinder>[0],
  reading: Reading,
): readonly Use[] | undefined {
  const { texts, run, log } = reading
  const entries = texts.used.split('\n').flatMap(line => line.trim() || [])
  if (entries.length === 0) return undefined
  const files = new Map(entries.flatMap(entry => filesAt(entry, reading)).map(file => [file.path, file]))
  const find = imageFinder(services)
  const uses = new Map<string, Use & { at: string[] }>()
  const unread: string[] = []
  for (const file of files.values()) {
    const text = file.path === STDIN ? run.stdin : textOf(file, unread)
    for (const { line, ...image } of find(text ?? '')) {
      const key = Object.values(image).join(' ')
      const use = uses.get(key) ?? { ...image, at: [] }
      uses.set(key, use)
      use.at.push(oneLine(`${file.name}:${line}`))
    }
  }
  const more = unread.length > 3 ? `; and ${unread.length - 3} more` : ''
  if (unread.length > 0) log.warning('Not all files of used are read', unread.slice(0, 3).join('; ') + more)
  const none = `No image of these services is named in the ${counted(files.size, 'file')}.`
  if (files.size > 0 && uses.size === 0) log.warning('Nothing is found in used', none)
  return [...uses.values()]
}

type UsedFile = ReturnType<typeof lookAt> & { readonly name: string }

function filesAt(entry: string, { run, mistakes }: Reading): UsedFile[] {
  const wrong = (problem: string, remedy: string) => {
    mistakes.about('used', entry)(problem, remedy)
    return []
  }
  if (entry === STDIN && run.stdin === undefined)
    return wrong('nothing is piped in', 'Use it on the command line, and not beside --password-stdin.')
  if (entry === STDIN) return [{ name: 'stdin', path: STDIN, kind: 'file', problem: '' }]
  const given = { name: entry, ...lookAt(entry, run) }
  if (given.kind === 'file') return [given]
  if (!/[*?[{]/.test(entry))
    return wrong(given.problem, 'Write the path of a file, or a glob such as manifests/**/*.yaml.')
  // Node 20 has none.
  if (fs.globSync === undefined) return wrong('a glob needs Node 22 or newer', 'Write the paths of files.')
  const found = fs.globSync(entry, { cwd: run.workspace }).toSorted()
  const files = found.map(name => ({ name, ...lookAt(name, run) })).filter(({ kind }) => kind !== 'directory')
  if (files.some(({ kind }) => kind === 'file')) return files
  return wrong(files[0]?.problem ?? 'no file matches it', 'Paths start from the workspace.')
}

/** A byte a character: names of images are ASCII. */
function textOf({ name, path, kind, problem }: UsedFile, unread: string[]) {
  try {
    if (kind !== 'file') throw new Error(problem)
    const text = fs.readFileSync(path, 'latin1')
    // As git does.
    if (!text.slice(0, 8000).includes('\0')) return text
    throw new Error('it is binary, or UTF-16')
  } catch (error) {
    unread.push(oneLine(`${name}: ${messageOf(error)}`))
    return undefined
  }
}
