import type { CheckRun, CommitStatus } from '../github/client.ts'
import { oneLine } from '../text.ts'

/** How one required check stands. */
export interface CheckState {
  readonly name: string
  readonly kind: 'passed' | 'failed' | 'running' | 'absent'
  /** As GitHub calls it, such as `success`, `skipped` or `in_progress`. */
  readonly state: string
  readonly url: string | undefined
  /** Of one that is not found: what there is. */
  readonly hint?: string
}

/** How a required check stands on a commit that has these: statuses and check runs of its name must all have passed. */
export function stateOf(
  name: string,
  statuses: readonly CommitStatus[],
  runs: readonly CheckRun[],
): CheckState {
  // What GitHub says is one line already.
  const wanted = oneLine(name)
  const states = [
    ...statuses.filter(({ context }) => context === wanted).map(stateOfStatus),
    ...newestPerApp(runs.filter(run => run.name === wanted)).map(stateOfRun),
  ]
  const [worst] = ['failed', 'running', 'passed'].flatMap(
    kind => states.find(state => state.kind === kind) ?? [],
  )
  if (worst !== undefined) return worst
  const names = [...statuses.map(({ context }) => context), ...runs.map(run => run.name)]
  return { name, kind: 'absent', state: 'not found', url: undefined, hint: listed([...new Set(names)]) }
}

function stateOfStatus({ context: name, state, url }: CommitStatus): CheckState {
  const kind = state === 'success' ? 'passed' : state === 'pending' ? 'running' : 'failed'
  return { name, kind, state, url }
}

/** Of each app: GitHub's `latest` keeps one run for every check suite, of which an app may have many. */
function newestPerApp(runs: readonly CheckRun[]): CheckRun[] {
  const sorted = runs.toSorted((a, b) => a.id - b.id)
  return [...new Map(sorted.map(run => [run.app, run])).values()]
}

function stateOfRun({ name, status, conclusion, url }: CheckRun): CheckState {
  if (status !== 'completed') return { name, kind: 'running', state: status, url }
  const state = conclusion ?? 'without conclusion'
  return { name, kind: state === 'success' ? 'passed' : 'failed', state, url }
}

function listed(names: readonly string[]): string {
  const shown = names.toSorted().slice(0, 10).join('", "')
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  return `the commit has ${shown === '' ? 'no checks' : `"${shown}"${more}`}`
}

/** How checks stand, in words, with the page of each, or the hint. */
export function checksInFull(states: readonly CheckState[]): string {
  return states
    .map(state => {
      const more = state.url ?? state.hint
      return more === undefined ? inWords(state) : `${inWords(state)} (${more})`
    })
    .join(', ')
}

function inWords({ name, kind, state }: CheckState): string {
  if (kind === 'absent') return `${name} was not found`
  if (kind === 'passed') return `${name} passed`
  if (kind === 'running') return `${name} is ${state.replaceAll('_', ' ')}`
  if (state === 'failure' || state === 'error') return `${name} failed`
  return `${name} did not pass (${state.replaceAll('_', ' ')})`
}
