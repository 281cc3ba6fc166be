import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, promises, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { messageOf, ReleaseError } from './errors.ts'
import { field } from './json.ts'
import { oneLine } from './text.ts'

/** The state of the step in which the directory is kept for the post step. */
export const TEMPORARY = 'temporary'

const unusable = (what: string, remedy: string, cause: unknown): ReleaseError =>
  new ReleaseError('runner-unusable', { what: oneLine(`${what}: ${messageOf(cause)}.`), remedy, cause })

/** Removes a directory for files of a run. Throws `runner-unusable` if something of it stays. */
export const removeTemporary = async (temporary: string): Promise<void> => {
  try {
    // rmSync does not say which error it was. Reading this property is what loads fs/promises.
    await promises.rm(temporary, { recursive: true, force: true })
  } catch (error) {
    // There never was one.
    if (field(error, 'code') === 'ENOTDIR') return
    throw unusable(
      `${temporary}, in which there may be credentials, was not removed`,
      'Remove it by hand.',
      error,
    )
  }
}

/** What a run writes there at most before docker does: its configuration. In bytes. */
const NEEDED = 65_536

/** Makes the directory, and makes sure that there is space in it. */
const makeTemporary = (temporary: string): void => {
  mkdirSync(temporary, { mode: 0o700 })
  const probe = join(temporary, 'probe')
  writeFileSync(probe, Buffer.alloc(NEEDED))
  rmSync(probe)
}

/** Removes it after something failed: what failed first is what is reported. */
const removeIfPossible = (temporary: string): Promise<void> => removeTemporary(temporary).catch(() => {})

/** How names begin that runs here give: the number of a process is for its namespace alone. Source: pid_namespaces(7). */
const nameHere = (): string =>
  `stable-release-${hostname()}-${statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino ?? 0}-`

/** Removes what runs of this user have left behind here that were killed: their process is no more. */
export const removeLeftBehind = async (parent: string, begin = nameHere()): Promise<void> => {
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

/**
 * Runs `use` with a directory for files of this run, credentials among them, and removes it, however `use` ends.
 * `remember` is told its path before it is there, so that somebody can remove it if this process is killed; without
 * that, none is made.
 *
 * Throws `runner-unusable` if there can be none.
 */
export const withTemporary = async <T>(
  parent: string,
  use: (temporary: string) => Promise<T>,
  remember: (temporary: string) => void = () => {},
): Promise<T> => {
  const temporary = join(parent, `${nameHere()}${process.pid}-${randomUUID()}`)
  try {
    remember(temporary)
  } catch (error) {
    throw unusable(
      'The state of the step, which names the temporary files for the post step, was not written',
      'Nothing was done. Look after the file for the state of the step, then run the job again.',
      error,
    )
  }
  try {
    makeTemporary(temporary)
  } catch (error) {
    await removeIfPossible(temporary)
    throw unusable(
      `Temporary files can not be written into ${parent}`,
      'Nothing was done. Look after this directory, then run this again.',
      error,
    )
  }
  let result: T
  try {
    result = await use(temporary)
  } catch (error) {
    await removeIfPossible(temporary)
    throw error
  }
  await removeTemporary(temporary)
  return result
}
