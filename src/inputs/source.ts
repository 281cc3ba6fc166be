import type { TagRepository } from '../commands/request.ts'
import { repositoryAt } from '../git/remote.ts'
import type { Caller } from './caller.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'

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
