import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, promises, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { messageOf, ReleaseError } from './errors.ts'
import { field } from './json.ts'
import { oneLine } from './text.ts'

/** The state of the step in which the directory is kept for the post step. */
export const TEMPORARY = 'temporary'

/**
 * Runs `use` with a directory for files of this run, credentials among them, and removes it, however `use` ends.
 * `remember` is told its path first, so that somebody can remove it if this process is killed. Throws `runner-unusable`.
 */
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
    throw unusable(`Temporary files can not be kept in ${parent}`, remedy, error)
  }
  const result = await use(temporary).catch(async (error: unknown) => {
    await removeIfPossible(temporary)
    throw error
  })
  await removeTemporary(temporary)
  return result
}

/** Removes a directory for files of a run. Throws `runner-unusable` if something of it stays. */
export async function removeTemporary(temporary: string): Promise<void> {
  try {
    // rmSync does not say which error it was.
    await promises.rm(temporary, { recursive: true, force: true })
  } catch (error) {
    // There never was one.
    if (field(error, 'code') === 'ENOTDIR') return
    const what = `${temporary}, in which there may be credentials, was not removed`
    throw unusable(what, 'Remove it by hand.', error)
  }
}

/** Removes what runs of this user have left behind here that were killed: their process is no more. */
export async function removeLeftBehind(parent: string): Promise<void> {
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

/** How names begin that runs here give: the number of a process is for its namespace alone. Source: pid_namespaces(7). */
function nameHere(): string {
  return `stable-release-${hostname()}-${statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino ?? 0}-`
}

/** After something failed: what failed first is what is reported. */
function removeIfPossible(temporary: string): Promise<void> {
  return removeTemporary(temporary).catch(() => {})
}

function unusable(what: string, remedy: string, cause: unknown): ReleaseError {
  return new ReleaseError('runner-unusable', {
    what: oneLine(`${what}: ${messageOf(cause)}.`),
    remedy,
    cause,
  })
}
