import type { TagRepository } from '../commands/request.ts'
import { isAddress, repositoryAt } from '../git/remote.ts'
import { sourceOfAddress, wrongCommit } from '../git/source.ts'
import type { Caller } from './caller.ts'
import type { Context } from './context.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'
import { mistaken, type Validated, valid } from './validated.ts'

/** The repository of the run, and how to get the git tag checked out. */
export const sourceOf = (
  texts: InputTexts,
  { apiUrl, repository, repositoryUrl }: RunContext,
  { gitTag, caller }: { gitTag: string; caller: Caller },
): TagRepository => {
  const token = texts['github-token']
  return {
    address: repositoryUrl === undefined ? undefined : repositoryAt(repositoryUrl),
    github:
      apiUrl === undefined || repository === undefined || token === ''
        ? undefined
        : { apiUrl, name: repository, token },
    checkout: caller.atTag(gitTag),
  }
}

/** The context, if it is not an address that names another commit than that of the git tag, where the run knows that. */
export const atCommit = (
  given: Context,
  { gitTag, commit, source }: { gitTag: string; commit: string | undefined; source: TagRepository },
): Validated<Context> => {
  const { context: name } = given
  if (commit === undefined || !isAddress(name)) return valid(given)
  const found = sourceOfAddress(name, { gitTag, repository: source.address, commit })
  const { checkout } = source
  const error = wrongCommit({ name, source: found, gitTag, tag: { kind: 'known', commit }, checkout })
  if (error === undefined) return valid(given)
  const { what, remedy } = error
  return mistaken({ name: 'wrong-commit', inputs: ['context', 'tag'], what, remedy })
}
