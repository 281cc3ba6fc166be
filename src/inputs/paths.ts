import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { messageOf } from '../errors.ts'
import { field } from '../json.ts'
import { fromWorkspace } from '../workspace-path.ts'
import type { RunContext } from './run-context.ts'

/** Where paths start, and where they may lead. */
export type Place = Pick<RunContext, 'workspace' | 'temporary' | 'isConfined'>

/** What is at a path; `problem` says, as a part of a sentence, why it can be neither a file nor a directory of the caller. */
export type Seen =
  | { readonly kind: 'file' | 'directory'; readonly path: string; readonly problem: string }
  | { readonly kind: 'none'; readonly problem: string }

/**
 * Looks at a path. In a workflow it must lie in the workspace or below the runner's temporary directory, all links followed,
 * and not be that directory itself, which has docker's login.
 */
export function lookAt(given: string, place: Place): Seen {
  const path = fromWorkspace(place.workspace, given)
  let real: string
  try {
    real = realpathSync(path)
    // Behind a link, ".." is another directory for the system than for those who shorten the text first.
    const isSame = realpathSync.native(isAbsolute(given) ? given : `${place.workspace}/${given}`) === real
    if (place.isConfined && !(isSame && isAllowed(real, place)))
      return { kind: 'none', problem: 'it leads out of the workspace' }
    const stats = statSync(real)
    if (stats.isDirectory()) return { kind: 'directory', path, problem: 'it is a directory' }
    if (stats.isFile()) return { kind: 'file', path, problem: 'it is a file' }
    // To read a device, a pipe or a socket may never end.
    return { kind: 'none', problem: 'it is not a regular file' }
  } catch (error) {
    const isAbsent = field(error, 'code') === 'ENOENT'
    return {
      kind: 'none',
      problem: isAbsent ? `there is no ${path}` : `it can not be read, ${messageOf(error)}`,
    }
  }
}

function isAllowed(real: string, { workspace, temporary }: Place): boolean {
  const inWorkspace = pathBelow(workspace, real)
  const inTemporary = temporary === undefined ? undefined : pathBelow(temporary, real)
  return inWorkspace !== undefined || (inTemporary !== undefined && inTemporary !== '')
}

/** The path of something below a directory, empty for itself; nothing if it is elsewhere. */
function pathBelow(directory: string, real: string): string | undefined {
  try {
    const path = relative(realpathSync(directory), real)
    return path === '..' || path.startsWith('../') || isAbsolute(path) ? undefined : path
  } catch {
    return undefined
  }
}
