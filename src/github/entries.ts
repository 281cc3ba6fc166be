import { field } from '../json.ts'
import { asOneLine } from '../text.ts'

/** One commit status. Source: REST API, "Get the combined status for a specific reference". */
export interface CommitStatus {
  readonly context: string
  readonly state: string
  readonly url: string | undefined
}

/** One check run. Source: REST API, "List check runs for a Git reference". */
export interface CheckRun {
  readonly id: number
  readonly name: string
  /** Empty if it is not known. */
  readonly app: string
  readonly status: string
  readonly conclusion: string | undefined
  readonly url: string | undefined
  /** Where the app shows it; for GitHub Actions, the job of a run. */
  readonly detailsUrl: string | undefined
}

/** Throws `TypeError`. */
export const requiredText = (value: unknown, ...names: readonly string[]): string => {
  const found = asOneLine(field(value, ...names))
  if (found === undefined) throw new TypeError(`${names.join('.')} is not a text`)
  return found
}

/** Throws `TypeError` if it is none. */
export const commitStatusOf = (entry: unknown): CommitStatus => ({
  context: requiredText(entry, 'context'),
  state: requiredText(entry, 'state'),
  url: asOneLine(field(entry, 'target_url')),
})

/** Throws `TypeError` if it is none. */
export const checkRunOf = (entry: unknown): CheckRun => {
  const id = field(entry, 'id')
  if (typeof id !== 'number') throw new TypeError('id is not a number')
  return {
    id,
    name: requiredText(entry, 'name'),
    app: asOneLine(field(entry, 'app', 'slug')) ?? '',
    status: requiredText(entry, 'status'),
    conclusion: asOneLine(field(entry, 'conclusion')),
    url: asOneLine(field(entry, 'html_url')),
    detailsUrl: asOneLine(field(entry, 'details_url')),
  }
}
