import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, promises, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { runnerUnusable } from './errors.ts'
import { field } from './json.ts'

/** The state that tells the post step the directory. */
export const TEMPORARY = 'temporary'

/** `remember` is told the path before it is made. Throws `runner-unusable`. */
export async function withTemporary<T>(
  parent: string,
  use: (temporary: string) => Promise<T>,
  remember: (temporary: string) => void = () => {},
): Promise<T> {
  const temporary = join(parent, `${nameHere()}${process.pid}-${randomUUID()}`)
  try {
    remember(temporary)
    mkdirSync(temporary, { mode: 0o700 })
  } catch (error) {
    const remedy = 'Check this directory and the file for the state of the step, then run it again.'
    throw runnerUnusable(`Temporary files can not be kept in ${parent}`, remedy, error)
  }
  const result = await use(temporary).catch(async (error: unknown) => {
    await removeIfPossible(temporary)
    throw error
  })
  await removeTemporary(temporary)
  return result
}

/** Throws `runner-unusable` if something of it stays. */
export async function removeTemporary(temporary: string) {
  try {
    // rmSync does not say which error it was.
    await promises.rm(temporary, { recursive: true, force: true })
  } catch (error) {
    if (field(error, 'code') === 'ENOTDIR') return
    const what = `${temporary}, which may have credentials, was not removed`
    throw runnerUnusable(what, 'Remove it by hand.', error)
  }
}

/** What this user's runs have left whose process is no more. */
export async function removeLeftBehind(parent: string) {
  const begin = nameHere()
  for (const name of await promises.readdir(parent).catch(() => [])) {
    const path = join(parent, name)
    try {
      if (name.startsWith(begin) && lstatSync(path).uid === process.getuid?.())
        process.kill(Number.parseInt(name.slice(begin.length), 10), 0)
    } catch (error) {
      if (field(error, 'code') === 'ESRCH') await removeIfPossible(path)
    }
  }
}

/** How names begin here: the number of a process is for its namespace alone. Source: pid_namespaces(7). */
function nameHere() {
  return `stable-release-${hostname()}-${statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino ?? 0}-`
}

/** What failed first is what is reported. */
function removeIfPossible(temporary: string) {
  return removeTemporary(temporary).catch(() => {})
}
