import type { Result, TagEntry, TagOutcome } from '../commands/ledger.ts'

/** What became of a tag: the JSON's word, unless a reader could take it for more than is known, and what goes with it. */
export function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']): string {
  const said = OF_COMMAND[command]?.[outcome] ?? WORDS[outcome] ?? outcome
  return [
    note === undefined ? said : `${said}: ${note}`,
    ...(replaced === undefined ? [] : [`replaces ${replaced}`]),
  ].join(', ')
}

const WORDS: Partial<Record<TagOutcome, string>> = {
  planned: 'not written',
  pushed: 'in the registry now, not read back',
  unclear: 'may have been written',
}

const OF_COMMAND: Partial<Record<Result['command'], typeof WORDS>> = {
  plan: { planned: 'planned' },
  build: { planned: 'planned', built: 'built, not pushed' },
  push: { built: 'built, pushed' },
  verify: { kept: 'as planned', planned: 'could not be read' },
}

/** A duration in milliseconds, for people. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

/** A text with its digests cut short, for where another line has them whole. */
export function withShortDigests(text: string): string {
  return text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}\b/g, '$1…')
}
