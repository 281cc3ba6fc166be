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
  type TagEntry,
} from '../commands/ledger.ts'
import { messageOf, ReleaseError } from '../errors.ts'
import { oneLine } from '../text.ts'
import { jsonOf } from './json-result.ts'

/** Of a run that failed, sets those that are known. Throws `outputs-not-written`. */
export function setOutputs(ledger: Ledger, error: unknown, temporary: string | undefined) {
  try {
    const { result } = ledger
    const isOfMirrors = error instanceof ReleaseError && error.name === 'mirror-incomplete'
    const isKnown = error === undefined || isOfMirrors || (result && hasResultAnyway(result.command))
    const known = result && isKnown ? outputsOf(result, writeRecord(result, temporary)) : {}
    for (const [name, value] of Object.entries({ ...known, json: jsonOf(ledger, error) }))
      core.setOutput(name, value)
  } catch (cause) {
    throw new ReleaseError('outputs-not-written', {
      what: `The outputs of the step were not written: ${oneLine(messageOf(cause))}.`,
      remedy: "Fix the runner's disk, then run the job again, which sets them.",
      cause,
    })
  }
}

export function outputsOf(
  result: Result | AuditResult,
  recordPath = '',
): Partial<Record<OutputName, string>> {
  const image = result.services.map(each => each.image).join('\n')
  if (result.command === 'audit') return { image }
  const { command, services, rule } = result
  const isThere = (tag: TagEntry) => (command === 'plan' ? tag.outcome === 'planned' : isPublished(tag))
  const all = allTagsOf(result)
  const published = all.filter(isThere)
  return {
    image,
    tag: services[0]?.tags[0]?.tag ?? '',
    rule,
    // What is built is not published.
    'is-stable': String(command !== 'build' && services.every(({ tags }) => isStable(tags, isThere))),
    tags: references(published),
    'stable-tags': references(published.filter(({ stable }) => stable)),
    withheld: references(all.filter(({ outcome }) => outcome === 'withheld')),
    digest: services.map(({ digest }) => digest ?? '').join('\n'),
    reference: services.map(({ image, digest }) => (digest ? `${image}@${digest}` : '')).join('\n'),
    'record-path': recordPath,
  }
}

/** By all fixed stable tags, or by one if all are moving. */
function isStable(tags: readonly TagEntry[], isThere: (tag: TagEntry) => boolean) {
  const stable = tags.filter(tag => tag.stable)
  const fixed = stable.filter(({ moving }) => !moving)
  return fixed.length > 0 ? fixed.every(isThere) : stable.some(isThere)
}

function references(tags: readonly TagEntry[]) {
  return tags.map(({ reference }) => reference).join('\n')
}

export const RECORD_FOLDER = 'stable-release-record-'

/** Of a run for one service; the file lasts as long as the job. */
function writeRecord(result: Result | AuditResult, temporary: string | undefined) {
  const [service, ...others] = result.command === 'audit' ? [] : result.services
  if (service?.record === undefined || others.length > 0 || temporary === undefined) return undefined
  const file = join(mkdtempSync(join(temporary, RECORD_FOLDER)), 'predicate.json')
  writeFileSync(file, `${JSON.stringify(service.record, undefined, 2)}\n`)
  return file
}
