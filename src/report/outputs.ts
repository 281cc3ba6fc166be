import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, isPublished, type Result, type ServiceEntry, type TagEntry } from '../commands/ledger.ts'
import { type OutputName, outputs } from '../contract.ts'
import { messageOf, ReleaseError } from '../errors.ts'
import { jsonLine, oneLine } from '../text.ts'

/** Sets the outputs of the step. Throws `outputs-not-written`. */
export function setOutputs(result: Result | AuditResult, temporary: string | undefined): void {
  try {
    for (const [name, value] of Object.entries(outputsOf(result, writeRecord(result, temporary))))
      core.setOutput(name, value)
  } catch (cause) {
    throw new ReleaseError('outputs-not-written', {
      what: `The outputs of the step were not written: ${oneLine(messageOf(cause))}.`,
      remedy:
        'Later steps do not get them. Fix the disk of the runner, then run the job again, which sets them.',
      cause,
    })
  }
}

const NOTHING = Object.fromEntries(outputs.map(name => [name, ''])) as Record<OutputName, string>

/** The outputs of the action for a result. An audit is not for one git tag: it has the images, and the JSON. */
export function outputsOf(result: Result | AuditResult, recordPath = ''): Record<OutputName, string> {
  const { services } = result
  const image = services.map(each => each.image).join('\n')
  if (result.command === 'audit') return { ...NOTHING, image, json: jsonLine(result) }
  const all = allTagsOf(result)
  const isDue = ({ outcome }: TagEntry): boolean => outcome === 'planned'
  const published = all.filter(result.command === 'plan' ? isDue : isPublished)
  const lines = (some: readonly TagEntry[]): string => some.map(({ reference }) => reference).join('\n')
  return {
    image,
    tag: result.services[0]?.tags[0]?.tag ?? '',
    rule: result.rule,
    // What is built is not published: nothing in the registry is stable by that.
    'is-stable': String(
      result.command !== 'build' && result.services.every(each => isStable(each, published)),
    ),
    tags: lines(published),
    'stable-tags': lines(published.filter(({ stable }) => stable)),
    withheld: lines(all.filter(({ outcome }) => outcome === 'withheld')),
    digest: result.services.map(({ digest }) => digest ?? '').join('\n'),
    reference: result.services
      .map(({ image, digest }) => (digest === undefined ? '' : `${image}@${digest}`))
      .join('\n'),
    'record-path': recordPath,
    json: jsonLine(result),
  }
}

/** Whether an image is what its stable tags lead to: all of the fixed ones, or one if all are moving. */
function isStable({ tags }: ServiceEntry, published: readonly TagEntry[]): boolean {
  const stable = tags.filter(tag => tag.stable)
  const fixed = stable.filter(({ moving }) => !moving)
  const isThere = (tag: TagEntry): boolean => published.includes(tag)
  return fixed.length > 0 ? fixed.every(isThere) : stable.some(isThere)
}

/** How the folder begins that has the record, in the runner's temporary directory. */
export const RECORD_FOLDER = 'stable-release-record-'

/** Writes the record of the decision to a file that lasts as long as the job; nothing if there is none, or there are several. */
function writeRecord(result: Result | AuditResult, temporary: string | undefined): string | undefined {
  if (result.command === 'audit' || result.services.length > 1 || temporary === undefined) return undefined
  const record = result.services[0]?.record
  if (record === undefined) return undefined
  const file = join(mkdtempSync(join(temporary, RECORD_FOLDER)), 'predicate.json')
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
  return file
}
