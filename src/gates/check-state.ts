import type { CheckRun, CommitStatus } from '../github/client.ts'
import { oneLine } from '../text.ts'

export interface CheckState {
  readonly name: string
  readonly kind: 'passed' | 'failed' | 'running' | 'absent'
  /** In GitHub's words, such as `in_progress`. */
  readonly state: string
  readonly url: string | undefined
  /** If it is absent: what there is. */
  readonly hint?: string
}

/** Every status and run of its name must have passed. */
export function checkStateOf(
  name: string,
  statuses: readonly CommitStatus[],
  runs: readonly CheckRun[],
): CheckState {
  const wanted = oneLine(name)
  const states = [
    ...statuses.filter(({ context }) => context === wanted).map(stateOfStatus),
    ...newestPerApp(runs.filter(run => run.name === wanted)).map(stateOfRun),
  ]
  const [worst] = ['failed', 'running', 'passed'].flatMap(
    kind => states.find(state => state.kind === kind) ?? [],
  )
  if (worst !== undefined) return worst
  const all = [...statuses.map(({ context }) => context), ...runs.map(run => run.name)]
  const names = [...new Set(all)].toSorted()
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  const shown = names.length === 0 ? 'no checks' : `"${names.slice(0, 10).join('", "')}"${more}`
  return { name, kind: 'absent', state: 'not found', url: undefined, hint: `the commit has ${shown}` }
}

function stateOfStatus({ context: name, state, url }: CommitStatus): CheckState {
  const kind = state === 'success' ? 'passed' : state === 'pending' ? 'running' : 'failed'
  return { name, kind, state, url }
}

/** GitHub's filter `latest` keeps one run for each check suite, of which an app may have many. */
function newestPerApp(runs: readonly CheckRun[]) {
  const sorted = runs.toSorted((a, b) => a.id - b.id)
  return [...new Map(sorted.map(run => [run.app, run])).values()]
}

function stateOfRun({ name, status, conclusion, url }: CheckRun): CheckState {
  if (status !== 'completed') return { name, kind: 'running', state: status, url }
  const state = conclusion ?? 'without conclusion'
  return { name, kind: state === 'success' ? 'passed' : 'failed', state, url }
}

export function checksInFull(states: readonly CheckState[]) {
  const more = ({ url, hint }: CheckState) => (url || hint ? ` (${url ?? hint})` : '')
  return states.map(check => inWords(check) + more(check)).join(', ')
}

function inWords({ name, kind, state }: CheckState) {
  const words = state.replaceAll('_', ' ')
  if (kind === 'absent') return `${name} was not found`
  if (kind === 'passed') return `${name} passed`
  if (kind === 'running') return `${name} is ${words}`
  return words === 'failure' || words === 'error' ? `${name} failed` : `${name} did not pass (${words})`
}
