import { existsSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, relative } from 'node:path'
import { fromWorkspace } from '../workspace-path.ts'
import type { RunContext } from './run-context.ts'

/** Where paths start, and where they may lead. */
export type Place = Pick<RunContext, 'workspace' | 'temporary' | 'isConfined'>

/** What is at a path, and why it is not what was wanted, as a part of a sentence. */
export interface Seen {
  readonly kind: 'file' | 'directory' | 'neither'
  readonly path: string
  readonly problem: string
}

/** Looks at a path, all links followed. In a workflow it must be in the workspace or below the temporary directory. */
export function lookAt(given: string, place: Place): Seen {
  const path = fromWorkspace(place.workspace, given)
  const seen = (problem: string, kind: Seen['kind'] = 'neither'): Seen => ({ kind, path, problem })
  if (!existsSync(path)) return seen(`there is no ${path}, or it can not be read`)
  if (place.isConfined && !isAllowed(given, place)) return seen('it leads out of the workspace')
  const stats = statSync(path)
  if (stats.isDirectory()) return seen('it is a directory', 'directory')
  // To read a device, a pipe or a socket may never end.
  return stats.isFile() ? seen('it is a file', 'file') : seen('it is not a regular file')
}

/** Whether a directory that is built would take docker's login with it, which is in the temporary directory. */
export function holdsLogin(directory: string, { temporary = tmpdir() }: Place): boolean {
  return existsSync(temporary) && isWithin(directory, temporary)
}

function isAllowed(given: string, { workspace, temporary }: Place): boolean {
  const path = fromWorkspace(workspace, given)
  // Behind a link, ".." is another directory for docker than for those who shorten the text first.
  if (realpathSync.native(isAbsolute(given) ? given : `${workspace}/${given}`) !== realpathSync(path))
    return false
  return isWithin(workspace, path) || (temporary !== undefined && isWithin(temporary, path))
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(realpathSync(directory), realpathSync(path))
  return way !== '..' && !way.startsWith('../')
}
