import { existsSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, relative } from 'node:path'
import { fromWorkspace } from '../workspace-path.ts'
import type { RunContext } from './run-context.ts'

/** What is at a path, all links followed; in a workflow, only in the workspace and the temporary directory. */
export function lookAt(given: string, run: RunContext) {
  const path = fromWorkspace(run.workspace, given)
  const seen = (problem: string, kind: 'file' | 'directory' | 'neither' = 'neither') => ({
    kind,
    path,
    problem,
  })
  if (!existsSync(path))
    return seen(`there is no ${path}, or it can't be read; a workflow needs actions/checkout`)
  if (run.isConfined && !isAllowed(given, path, run)) return seen('it leads out of the workspace')
  const stats = statSync(path)
  if (stats.isDirectory()) return seen('it is a directory', 'directory')
  // Reading a device, pipe or socket may never end.
  return stats.isFile() ? seen('it is a file', 'file') : seen('it is not a regular file')
}

/** Whether docker's login, kept in the temporary directory, would get into the image. */
export function holdsLogin(directory: string, { temporary = tmpdir() }: RunContext) {
  return existsSync(temporary) && isWithin(directory, temporary)
}

function isAllowed(given: string, path: string, { workspace, temporary }: RunContext) {
  // Docker follows a link before "..", which a shortened path does not.
  const unshortened = isAbsolute(given) ? given : `${workspace}/${given}`
  if (realpathSync.native(unshortened) !== realpathSync(path)) return false
  return isWithin(workspace, path) || (temporary !== undefined && isWithin(temporary, path))
}

function isWithin(directory: string, path: string) {
  const way = relative(realpathSync(directory), realpathSync(path))
  return way !== '..' && !way.startsWith('../')
}
