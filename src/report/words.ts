import type { TagOutcome, TagResult } from '../commands/result.ts'

/** A duration in milliseconds, for people. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

const OUTCOMES: Readonly<Record<TagOutcome, string>> = {
  planned: 'not written',
  built: 'built',
  copied: 'copied',
  moved: 'moved',
  kept: 'kept, it was there already',
  stayed: 'stayed',
  withheld: 'withheld',
  missing: 'missing',
  different: 'different',
}

/** What became of a tag, for people. `command` decides what a tag is called that nothing happened to. */
export const outcomeInWords = ({ outcome, note }: TagResult, command: string): string => {
  const word = outcome === 'planned' && command === 'plan' ? 'planned' : OUTCOMES[outcome]
  const said = command === 'verify' && outcome === 'kept' ? 'as planned' : word
  return note === undefined ? said : `${said}: ${note}`
}

/** What kind of tag it is beside an ordinary one. */
export const kindInWords = ({ stable, moving }: TagResult): string =>
  [...(stable ? ['stable'] : []), ...(moving ? ['moving'] : [])].join(', ')
