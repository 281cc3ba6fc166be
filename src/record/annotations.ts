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
const LONGEST = 100
const LONGEST_ADDRESS = 250
/** A name of 255 characters and a tag of 128. */
const LONGEST_REFERENCE = 400

/** A text from a record, as one line. */
const textIn = (value: unknown, longest = LONGEST): string | undefined =>
  typeof value === 'string' && value !== '' ? oneLine(value.slice(0, longest)) : undefined

/** An address of a page from a record. */
const addressIn = (value: unknown): string | undefined =>
  // Half an address would lead elsewhere.
  typeof value === 'string' && value.length <= LONGEST_ADDRESS && /^https?:\/\/[^\s<>"\p{C}]+$/u.test(value)
    ? textIn(value, LONGEST_ADDRESS)
    : undefined

const MOST_CHECKS = 5

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
const TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z$/

/** How far the clock of another machine may be ahead, in milliseconds. */
const AHEAD = 600_000

/** A moment that is, and is over. */
const timeIn = (value: unknown, now: number): string | undefined => {
  const [time, seconds] = (typeof value === 'string' ? TIME.exec(value) : undefined) ?? []
  const moment = Date.parse(time ?? '')
  if (time === undefined || Number.isNaN(moment) || moment > now + AHEAD) return undefined
  // The 31st of February is read as a day of March.
  return new Date(moment).toISOString().startsWith(seconds ?? ' ') ? time : undefined
}

/** What a descriptor from a list of records tells; nothing if it is of something else. */
const noteIn = (descriptor: unknown, now: number): PromotionNote | undefined => {
  const annotation = (name: string): unknown => field(descriptor, 'annotations', name)
  const destination = textIn(annotation(`${OWN}destination`), LONGEST_REFERENCE)
  const time = timeIn(annotation(CREATED), now)
  const isRecord = annotation(PREDICATE_ANNOTATION) === PREDICATE_TYPE
  if (!isRecord || destination === undefined || time === undefined) return undefined
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
 * What the records of an image tell of a stable tag: what the last run says that wrote it there, as it may have been
 * elsewhere before; else, what the first says that found it there.
 */
export const noteAbout = (
  descriptors: readonly unknown[],
  reference: string,
  now: number = Date.now(),
): PromotionNote | undefined => {
  const notes = descriptors
    .flatMap(descriptor => noteIn(descriptor, now) ?? [])
    .filter(({ destination }) => destination === reference)
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
  return notes.findLast(({ written }) => written) ?? notes[0]
}
