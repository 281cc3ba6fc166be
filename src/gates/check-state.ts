import type { CheckRun, CommitStatus } from '../github/entries.ts'
import { oneLine } from '../text.ts'

/** How one required check stands. */
export interface CheckState {
  readonly name: string
  readonly kind: 'passed' | 'failed' | 'running' | 'absent'
  /** As GitHub calls it, such as `success`, `skipped` or `in_progress`. */
  readonly state: string
  readonly url: string | undefined
  /** Of a check that is not found: why it may not be. */
  readonly hint?: string
}

/** What there is on a commit. */
export interface ChecksOfCommit {
  readonly statuses: readonly CommitStatus[]
  readonly runs: readonly CheckRun[]
}

/** The newest check run of every app: `filter=latest` keeps one for every check suite, of which an app may have many. */
const newestPerApp = (runs: readonly CheckRun[]): CheckRun[] => {
  const newest = new Map<string, CheckRun>()
  for (const run of runs) {
    const other = newest.get(run.app)
    if (other === undefined || run.id > other.id) newest.set(run.app, run)
  }
  return [...newest.values()]
}

const stateOfRun = ({ name, status, conclusion, url }: CheckRun): CheckState => {
  if (status !== 'completed') return { name, kind: 'running', state: status, url }
  const state = conclusion ?? 'without conclusion'
  return { name, kind: state === 'success' ? 'passed' : 'failed', state, url }
}

const stateOfStatus = ({ context: name, state, url }: CommitStatus): CheckState => {
  const kind = state === 'success' ? 'passed' : state === 'pending' ? 'running' : 'failed'
  return { name, kind, state, url }
}

const SEVERITY = ['failed', 'absent', 'running', 'passed'] as const

/**
 * How a required check stands. A name may be that of a status, of check runs, or of both; then all must have passed,
 * and the worst counts.
 */
export const stateOf = (name: string, { statuses, runs }: ChecksOfCommit): CheckState => {
  // What GitHub says is one line already.
  const wanted = oneLine(name)
  const states = [
    ...statuses.filter(({ context }) => context === wanted).map(stateOfStatus),
    ...newestPerApp(runs.filter(run => run.name === wanted)).map(stateOfRun),
  ]
  return (
    SEVERITY.flatMap(kind => states.find(state => state.kind === kind) ?? [])[0] ?? {
      name,
      kind: 'absent',
      state: 'not found',
      url: undefined,
    }
  )
}

/** The most names that are listed. */
const MOST_NAMES = 10

const quoted = (names: readonly string[]): string => names.map(name => `"${name}"`).join(', ')

/** Why a check of this name may not be found: what the commit has, and that a comma may have been meant to separate. */
export const hintFor = (name: string, { statuses, runs }: ChecksOfCommit): string => {
  const there = [
    ...new Set([...statuses.map(({ context }) => context), ...runs.map(run => run.name)]),
  ].toSorted()
  const others = there.length - MOST_NAMES
  const has =
    there.length === 0
      ? 'the commit has no checks'
      : `the commit has ${quoted(there.slice(0, MOST_NAMES))}${others > 0 ? ` and ${others} more` : ''}`
  const parts = name.split(',').map(part => part.trim())
  // The name of a matrix job has its commas in brackets: "test (3.8, slow)".
  const isList = parts.length > 1 && parts.every(part => part !== '' && !/[()]/.test(part))
  return isList ? `did you mean ${quoted(parts)}, one a line? ${has}` : has
}

/** The page of a check, or the hint, behind its words. */
const more = ({ url, hint }: CheckState): string => {
  const found = url ?? hint
  return found === undefined ? '' : ` (${found})`
}

/** One line of a check, with what GitHub calls its state. */
export const describeCheck = (check: CheckState): string => `${check.name}: ${check.state}${more(check)}`

const inWords = ({ name, kind, state }: CheckState): string => {
  switch (kind) {
    case 'passed':
      return `${name} passed`
    case 'running':
      return `${name} is ${state.replaceAll('_', ' ')}`
    case 'absent':
      return `${name} was not found`
    case 'failed':
      return state === 'failure' || state === 'error'
        ? `${name} failed`
        : `${name} did not pass (${state.replaceAll('_', ' ')})`
  }
}

/** How checks stand, in words, such as `testbed failed, lint is queued`. */
export const checksInShort = (states: readonly CheckState[]): string => states.map(inWords).join(', ')

/** The same, with the page of each, or the hint. */
export const checksInFull = (states: readonly CheckState[]): string =>
  states.map(state => `${inWords(state)}${more(state)}`).join(', ')
