import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
import type { PromotionNote, RecordedCheck } from './promotion.ts'
import { PREDICATE_ANNOTATION, PREDICATE_TYPE } from './statement.ts'

/** When it was made: image-spec v1.1, annotations.md. */
const CREATED = 'org.opencontainers.image.created'

const OWN = 'io.github.dmwm.stable-release.record.'

/** What a list of records tells of each: the annotations of its descriptor. */
export const annotationsOf = (note: PromotionNote): Readonly<Record<string, string>> => {
  const { destination, time, written, checks, actor, run, environment } = note
  const own = {
    destination,
    actor,
    run,
    environment,
    checks: checks.length === 0 ? undefined : JSON.stringify(checks),
    written: String(written),
  }
  return {
    [CREATED]: time,
    [PREDICATE_ANNOTATION]: PREDICATE_TYPE,
    ...Object.fromEntries(
      Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[`${OWN}${name}`, value]])),
    ),
  }
}

/** The longest text that is taken from a record, in characters: whoever may write to the repository may write one. */
const LONGEST = 300

/** A text from a record, as one line. */
const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? oneLine(value.slice(0, LONGEST)) : undefined

/** An address of a page from a record. */
const addressIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^https?:\/\/[^\s<>"\p{C}]+$/u.test(value) ? textIn(value) : undefined

const MOST_CHECKS = 20

const checksIn = (value: unknown): readonly RecordedCheck[] => {
  const checks = typeof value === 'string' ? parseJson(value) : undefined
  if (!Array.isArray(checks)) return []
  return checks.slice(0, MOST_CHECKS).flatMap((check: unknown) => {
    const [name, state] = [textIn(field(check, 'name')), textIn(field(check, 'state'))]
    return name === undefined || state === undefined
      ? []
      : [{ name, state, url: addressIn(field(check, 'url')) }]
  })
}

/** RFC 3339, in UTC. */
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/

/** What a descriptor from a list of records tells; nothing if it is of something else. */
const noteIn = (descriptor: unknown): PromotionNote | undefined => {
  const annotation = (name: string): unknown => field(descriptor, 'annotations', name)
  const [destination, time] = [textIn(annotation(`${OWN}destination`)), textIn(annotation(CREATED))]
  const isRecord = annotation(PREDICATE_ANNOTATION) === PREDICATE_TYPE
  if (time === undefined || !TIME.test(time) || Number.isNaN(Date.parse(time))) return undefined
  if (!isRecord || destination === undefined) return undefined
  return {
    destination,
    time,
    written: annotation(`${OWN}written`) !== 'false',
    checks: checksIn(annotation(`${OWN}checks`)),
    actor: textIn(annotation(`${OWN}actor`)),
    run: addressIn(annotation(`${OWN}run`)),
    environment: textIn(annotation(`${OWN}environment`)),
  }
}

/**
 * What the records of an image tell of a stable tag: of a fixed tag the oldest, since which it is stable; of a moving one
 * the newest, as it may have been elsewhere between.
 */
export const noteAbout = (
  descriptors: readonly unknown[],
  { reference, moving }: { readonly reference: string; readonly moving: boolean },
): PromotionNote | undefined => {
  const notes = descriptors
    .flatMap(descriptor => noteIn(descriptor) ?? [])
    .filter(({ destination }) => destination === reference)
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
  return moving ? notes.at(-1) : notes[0]
}
