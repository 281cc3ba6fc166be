import { existsSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, relative } from 'node:path'
import { fromWorkspace } from '../workspace-path.ts'
import type { RunContext } from './run-context.ts'

/** What is at a path; `problem` is for a caller who wants something else. */
interface Seen {
  readonly kind: 'file' | 'directory' | 'neither'
  readonly path: string
  readonly problem: string
}

/** Looks at a path, all links followed. In a workflow it must be in the workspace or below the temporary directory. */
export function lookAt(given: string, run: RunContext): Seen {
  const path = fromWorkspace(run.workspace, given)
  const seen = (problem: string, kind: Seen['kind'] = 'neither'): Seen => ({ kind, path, problem })
  if (!existsSync(path)) return seen(`there is no ${path}, or it can not be read`)
  if (run.isConfined && !isAllowed(given, path, run)) return seen('it leads out of the workspace')
  const stats = statSync(path)
  if (stats.isDirectory()) return seen('it is a directory', 'directory')
  // To read a device, a pipe or a socket may never end.
  return stats.isFile() ? seen('it is a file', 'file') : seen('it is not a regular file')
}

/** Whether docker's login, which is in the temporary directory, would be a part of the image. */
export function holdsLogin(directory: string, { temporary = tmpdir() }: RunContext): boolean {
  return existsSync(temporary) && isWithin(directory, temporary)
}

function isAllowed(given: string, path: string, { workspace, temporary }: RunContext): boolean {
  // Behind a link, docker takes ".." for another directory than those who shorten the text first.
  const unshortened = isAbsolute(given) ? given : `${workspace}/${given}`
  if (realpathSync.native(unshortened) !== realpathSync(path)) return false
  return isWithin(workspace, path) || (temporary !== undefined && isWithin(temporary, path))
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(realpathSync(directory), realpathSync(path))
  return way !== '..' && !way.startsWith('../')
}
