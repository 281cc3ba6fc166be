import { hasInvisible } from '../text.ts'
import type { Caller } from './caller.ts'
import { invalidFor } from './invalid.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'
import { invalidInput, mistaken, type Validated, valid } from './validated.ts'

/** The git tag that the run is about. */
export const gitTagOf = ({ tag }: InputTexts, run: RunContext, caller: Caller): Validated<string> => {
  const wrong = (problem: string, remedy: string): Validated<never> =>
    mistaken(invalidFor(caller)('tag', tag, problem, remedy))
  if (/\s/.test(tag)) return wrong('no git tag has white space', 'Write the name of one git tag.')
  if (hasInvisible(tag)) {
    return wrong('it has a character that can not be seen', 'Write the name of a git tag.')
  }
  if (/^refs\/tags\/./.test(tag))
    return wrong('it is a whole ref', `Write ${tag.slice('refs/tags/'.length)}.`)
  if (tag.startsWith('refs/heads/')) return wrong('it is a branch', 'Write the name of a git tag.')
  if (tag !== '') return valid(tag)
  if (run.tag !== undefined) return valid(run.tag)
  return mistaken(
    invalidInput(
      ['tag'],
      `There is no git tag to release: the input tag is empty, and the run is for ${run.ref}.`,
      'Run the workflow on a tag (on: push: tags), or give the input tag.',
    ),
  )
}
