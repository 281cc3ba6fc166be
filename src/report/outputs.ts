import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import {
  allTags,
  type CommandResult,
  type ImageTagResult,
  isPublished,
  type ServiceResult,
  writesRegistry,
} from '../commands/result.ts'
import { type OutputName, outputs } from '../contract.ts'
import { messageOf, ReleaseError } from '../errors.ts'
import { jsonLine, oneLine } from '../text.ts'

/** Whether an image is what its stable tags lead to: all of the fixed ones, or one if all are moving. */
const isStable = ({ tags }: ServiceResult, published: readonly ImageTagResult[]): boolean => {
  const stable = tags.filter(tag => tag.stable)
  const fixed = stable.filter(({ moving }) => !moving)
  return fixed.length > 0
    ? fixed.every(tag => published.includes(tag))
    : stable.some(tag => published.includes(tag))
}

const nothing = Object.fromEntries(outputs.map(name => [name, ''])) as Record<OutputName, string>

/** The outputs of the action for a result. An audit is not for one git tag: it has the images, and the JSON. */
export const outputsOf = (result: CommandResult, recordPath = ''): Record<OutputName, string> => {
  if (result.command === 'audit') {
    return {
      ...nothing,
      image: result.services.map(({ image }) => image).join('\n'),
      json: jsonLine(result),
    }
  }
  const { rule, services } = result
  const isDue = ({ outcome }: ImageTagResult): boolean => outcome === 'planned'
  const tags = allTags(result)
  const published = tags.filter(result.command === 'plan' ? isDue : isPublished)
  const lines = (some: readonly ImageTagResult[]): string => some.map(({ reference }) => reference).join('\n')
  const ofEach = (one: (service: ServiceResult) => string): string => services.map(one).join('\n')
  return {
    image: ofEach(({ image }) => image),
    tag: services[0].tags[0].tag,
    rule,
    // What is built is not published: nothing in the registry is stable by that.
    'is-stable': String(
      result.command !== 'build' && services.every(service => isStable(service, published)),
    ),
    tags: lines(published),
    'stable-tags': lines(published.filter(({ stable }) => stable)),
    withheld: lines(tags.filter(({ outcome }) => outcome === 'withheld')),
    digest: ofEach(({ digest }) => digest ?? ''),
    reference: ofEach(({ image, digest }) => (digest === undefined ? '' : `${image}@${digest}`)),
    'record-path': recordPath,
    json: jsonLine(result),
  }
}

/** How the folder begins that has the record, in the runner's temporary directory. */
export const RECORD_FOLDER = 'stable-release-record-'

/** Writes the record of the decision to a file that lasts as long as the job; nothing if there is none, or there are several. */
const writeRecord = (result: CommandResult, temporary: string | undefined): string | undefined => {
  if (result.command === 'audit' || result.services.length > 1 || temporary === undefined) return undefined
  const [{ record }] = result.services
  if (record === undefined) return undefined
  const file = join(mkdtempSync(join(temporary, RECORD_FOLDER)), 'predicate.json')
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
  return file
}

/** Sets the outputs of the step. Throws `outputs-not-written`, which says what is published. */
export const setOutputs = (result: CommandResult, temporary: string | undefined): void => {
  try {
    for (const [name, value] of Object.entries(outputsOf(result, writeRecord(result, temporary))))
      core.setOutput(name, value)
  } catch (cause) {
    const published =
      result.command !== 'audit' && writesRegistry(result.command)
        ? allTags(result)
            .filter(isPublished)
            .map(({ reference }) => reference)
        : []
    const why = `the outputs of the step were not written: ${oneLine(messageOf(cause))}`
    throw new ReleaseError('outputs-not-written', {
      what:
        published.length === 0 ? `In the end, ${why}.` : `Published: ${published.join(', ')}. But ${why}.`,
      remedy:
        'Later steps do not get them. Look after the disk of the runner, then run the job again: what is published stays as it is, and the outputs are set.',
      cause,
    })
  }
}
