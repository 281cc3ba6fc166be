import { isAddress } from '../git/remote.ts'
import { fromWorkspace } from '../workspace-path.ts'
import type { Caller } from './caller.ts'
import { type Files, notAFile } from './files.ts'
import { invalidFor } from './invalid.ts'
import type { InputTexts } from './texts.ts'
import { all, type Mistake, map, mistaken, type Validated, valid } from './validated.ts'

/** What is built: a directory or an address, and the Dockerfile if it is not the one in there. */
export interface Context {
  readonly context: string
  readonly file: string | undefined
}

/** Where paths start, and what they lead to. */
interface Place {
  readonly workspace: string
  readonly files: Files
}

const OUTSIDE = 'it leads out of the workspace'

const directoryMistake = (
  context: string,
  { workspace, files }: Place,
  caller: Caller,
): Mistake | undefined => {
  const { spell, confined, aDirectory, checkout } = caller
  const wrong = (problem: string, remedy: string): Mistake =>
    invalidFor(caller)('context', context, problem, remedy)
  const seen = files.context
  if (context === '') return wrong('it is empty', `Write ${aDirectory}: "." is the whole.`)
  if (context.startsWith('-')) {
    return wrong('it begins with "-"', `Write ${aDirectory}, such as ./service.`)
  }
  if (seen.kind === 'absent' || seen.kind === 'unreadable') {
    return wrong(
      `there is no directory ${fromWorkspace(workspace, context)}`,
      `Write ${aDirectory}${checkout}.`,
    )
  }
  if (confined && !seen.inside) return wrong(OUTSIDE, `Write ${aDirectory}.`)
  if (seen.holdsLogin && files.dockerfile.kind === 'file')
    return wrong("docker's login is kept in it", 'Write a directory below it.')
  if (seen.kind === 'directory') return undefined
  return wrong('it is a file', `Write ${aDirectory}, and the Dockerfile into ${spell('file')}.`)
}

/** What is wrong with the Dockerfile in the context. */
const ownDockerfileMistake = (context: string, { files }: Place, caller: Caller): Mistake | undefined => {
  const { spell, confined, checkout } = caller
  const { dockerfile } = files
  const wrong = (problem: string): Mistake => {
    const remedy = `Write the directory that has one, or name it with ${spell('file')}${checkout}.`
    return { ...invalidFor(caller)('context', context, problem, remedy), inputs: ['context', 'file'] }
  }
  if (dockerfile.kind === 'absent' || dockerfile.kind === 'unreadable') return wrong('it has no Dockerfile')
  if (confined && !dockerfile.inside) return wrong('its Dockerfile leads out of the workspace')
  return dockerfile.kind === 'file' ? undefined : wrong(`its Dockerfile ${notAFile(dockerfile.kind)}`)
}

/** What is wrong with the Dockerfile that an input names. */
const namedDockerfileMistake = (
  { context, file }: InputTexts,
  { workspace, files }: Place,
  caller: Caller,
): Mistake | undefined => {
  const { confined, root } = caller
  const { dockerfile, isFileInContext } = files
  const wrong = (problem: string, remedy: string): Mistake =>
    invalidFor(caller)('file', file, problem, remedy)
  if (dockerfile.kind === 'absent' || dockerfile.kind === 'unreadable') {
    return wrong(
      `there is no file ${fromWorkspace(workspace, file)}`,
      isFileInContext
        ? `Paths start from ${root}: write ${context}/${file}.`
        : `Write its path from ${root}.`,
    )
  }
  if (confined && !dockerfile.inside) return wrong(OUTSIDE, `Write its path from ${root}.`)
  if (dockerfile.kind === 'file') return undefined
  return wrong(`it ${notAFile(dockerfile.kind)}`, `Write the path of the Dockerfile from ${root}.`)
}

const judged = <T>(value: T, mistake: Mistake | undefined): Validated<T> =>
  mistake === undefined ? valid(value) : mistaken(mistake)

/** What is built. Paths must be inside the workspace or the runner's temporary directory if the caller is confined. */
export const contextOf = (texts: InputTexts, place: Place, caller: Caller): Validated<Context> => {
  const { context, file } = texts
  if (isAddress(context)) return valid({ context, file: file === '' ? undefined : file })
  const directory = judged(context, directoryMistake(context, place, caller))
  if (file !== '') {
    const named = judged(file, namedDockerfileMistake(texts, place, caller))
    return all<Context>({ context: directory, file: named })
  }
  return map(
    directory.ok ? judged(context, ownDockerfileMistake(context, place, caller)) : directory,
    () => ({ context, file: undefined }),
  )
}
