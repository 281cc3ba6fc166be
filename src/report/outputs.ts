import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import type { OutputName } from '../action-yml.ts'
import type { AuditResult } from '../commands/audit-result.ts'
import {
  allTagsOf,
  hasResultAnyway,
  isPublished,
  type Ledger,
  type Result,
  type ServiceEntry,
  type TagEntry,
} from '../commands/ledger.ts'
import { messageOf, ReleaseError } from '../errors.ts'
import { jsonLine, oneLine } from '../text.ts'
import { failureOf } from './failure.ts'

/** Sets the outputs of the step, of a run that failed those that are known. Throws `outputs-not-written`. */
export function setOutputs(ledger: Ledger, error: unknown, temporary: string | undefined): void {
  try {
    const { result } = ledger
    const isKnown = result !== undefined && (error === undefined || hasResultAnyway(result.command))
    const known = isKnown ? outputsOf(result, writeRecord(result, temporary)) : {}
    for (const [name, value] of Object.entries({ ...known, json: jsonOf(ledger, error) }))
      core.setOutput(name, value)
  } catch (cause) {
    throw new ReleaseError('outputs-not-written', {
      what: `The outputs of the step were not written: ${oneLine(messageOf(cause))}.`,
      remedy: "Later steps do not get them. Fix the runner's disk, then run the job again, which sets them.",
      cause,
    })
  }
}

/** The output `json`, and what `--json` prints: the result, and how the run failed, if it did. */
export function jsonOf({ result }: Pick<Ledger, 'result'>, error: unknown, command?: string): string {
  if (error === undefined) return jsonLine(result)
  const { name, what, remedy } = failureOf(error)
  return jsonLine({ command, ...result, error: { name, what, remedy } })
}

/** The outputs of the action for a result, but its JSON. */
export function outputsOf(
  result: Result | AuditResult,
  recordPath = '',
): Partial<Record<OutputName, string>> {
  const image = lines(result.services.map(each => each.image))
  if (result.command === 'audit') return { image }
  const { command, services, rule } = result
  const isThere = (tag: TagEntry): boolean =>
    command === 'plan' ? tag.outcome === 'planned' : isPublished(tag)
  const all = allTagsOf(result)
  const published = all.filter(isThere)
  return {
    image,
    tag: services[0]?.tags[0]?.tag ?? '',
    rule,
    // What is built is not published: nothing in the registry is stable by that.
    'is-stable': String(command !== 'build' && services.every(each => isStable(each, isThere))),
    tags: references(published),
    'stable-tags': references(published.filter(({ stable }) => stable)),
    withheld: references(all.filter(({ outcome }) => outcome === 'withheld')),
    digest: lines(services.map(({ digest }) => digest ?? '')),
    reference: lines(services.map(each => (each.digest === undefined ? '' : `${each.image}@${each.digest}`))),
    'record-path': recordPath,
  }
}

/** Whether an image is what its stable tags lead to: all of the fixed ones, or one if all are moving. */
function isStable({ tags }: ServiceEntry, isThere: (tag: TagEntry) => boolean): boolean {
  const stable = tags.filter(tag => tag.stable)
  const fixed = stable.filter(({ moving }) => !moving)
  return fixed.length > 0 ? fixed.every(isThere) : stable.some(isThere)
}

function references(tags: readonly TagEntry[]): string {
  return lines(tags.map(({ reference }) => reference))
}

function lines(texts: readonly string[]): string {
  return texts.join('\n')
}

/** How the name of the folder begins that has the record. */
export const RECORD_FOLDER = 'stable-release-record-'

/** Writes the one record of the run to a file that lasts as long as the job. */
function writeRecord(result: Result | AuditResult, temporary: string | undefined): string | undefined {
  const [service, ...others] = result.command === 'audit' ? [] : result.services
  if (service?.record === undefined || others.length > 0 || temporary === undefined) return undefined
  const file = join(mkdtempSync(join(temporary, RECORD_FOLDER)), 'predicate.json')
  writeFileSync(file, `${JSON.stringify(service.record, undefined, 2)}\n`)
  return file
}
