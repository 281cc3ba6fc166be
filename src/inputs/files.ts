import { readFileSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, relative } from 'node:path'
import { messageOf } from '../errors.ts'
import { field } from '../json.ts'
import { fromWorkspace } from '../workspace-path.ts'
import type { InputTexts } from './texts.ts'

/** What is at a path. */
export type Seen =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | {
      /** `other` is a device, a pipe or a socket: to read it may never end. */
      readonly kind: 'file' | 'directory' | 'other'
      /** Whether it is inside the workspace or the runner's temporary directory, all links followed. */
      readonly inside: boolean
      /** Whether the directory for files of a run is in it, and so docker's login. */
      readonly holdsLogin: boolean
    }

/** What the paths in the inputs lead to. */
export interface Files {
  readonly context: Seen
  /** The Dockerfile, as `file` names it, or in the context. */
  readonly dockerfile: Seen
  /** Whether `file` would be there if paths started from the context. */
  readonly isFileInContext: boolean
  readonly policyFile: PolicyFile
}

/** The policy file, with its text if it may be read. */
export type PolicyFile = Seen | { readonly kind: 'text'; readonly text: string }

/** The directories that paths lie in. */
export interface Roots {
  readonly workspace: string
  /** The runner's directory for files that end with the job, if it says which. */
  readonly temporary: string | undefined
}

/** What stands in the place of a file, as the end of a sentence. */
export const notAFile = (kind: 'directory' | 'other'): string =>
  kind === 'directory' ? 'is a directory' : 'is not a regular file'

const isAbsent = (error: unknown): boolean => field(error, 'code') === 'ENOENT'

const isInside = (directory: string, path: string): boolean => {
  try {
    const way = relative(realpathSync(directory), realpathSync(path))
    return !(way === '..' || way.startsWith('../') || isAbsolute(way))
  } catch {
    return false
  }
}

/**
 * Whether a path leads to the same place for everybody: behind a link, ".." is the directory above the link for those who
 * shorten the text first, and the one above its target for the system, and so for docker.
 */
const isUnambiguous = (given: string, workspace: string, real: string): boolean =>
  realpathSync.native(isAbsolute(given) ? given : `${workspace}/${given}`) === real

const look = (given: string, { workspace, temporary }: Roots): Seen => {
  try {
    const real = realpathSync(fromWorkspace(workspace, given))
    const stats = statSync(real)
    const roots = [workspace, ...(temporary === undefined ? [] : [temporary])]
    return {
      kind: stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other',
      inside: roots.some(root => isInside(root, real)) && isUnambiguous(given, workspace, real),
      holdsLogin: isInside(real, temporary ?? tmpdir()),
    }
  } catch (error) {
    return isAbsent(error) ? { kind: 'absent' } : { kind: 'unreadable', why: messageOf(error) }
  }
}

/** Looks at a policy file, and reads it unless the caller is confined and it is not inside. */
export const readPolicyFile = (path: string, roots: Roots, confined: boolean): PolicyFile => {
  if (path === '') return { kind: 'absent' }
  const absolute = fromWorkspace(roots.workspace, path)
  const seen = look(path, roots)
  if (seen.kind !== 'file' || (confined && !seen.inside)) return seen
  try {
    return { kind: 'text', text: readFileSync(absolute, 'utf8') }
  } catch (error) {
    return { kind: 'unreadable', why: messageOf(error) }
  }
}

/** Looks at what the paths in the inputs lead to. */
export const readFiles = (texts: InputTexts, roots: Roots, confined: boolean): Files => {
  const { context, file, 'policy-file': policyFile } = texts
  return {
    context: look(context, roots),
    dockerfile: look(file === '' ? `${context}/Dockerfile` : file, roots),
    isFileInContext:
      look(fromWorkspace(fromWorkspace(roots.workspace, context), file), roots).kind === 'file',
    policyFile: readPolicyFile(policyFile, roots, confined),
  }
}
