import type { ImageTagResult, Result, ServiceResult, TagOutcome } from '../commands/result.ts'
import { type ErrorName, messageOf, ReleaseError } from '../errors.ts'
import { BY_HAND, type PromotionNote } from '../record/promotion.ts'
import { oneLine } from '../text.ts'

/** A duration in milliseconds, for people. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** What a stage failed with, for people. */
export const failureInWords = (error: unknown): string => {
  if (!(error instanceof ReleaseError)) return 'failed'
  return error.name === 'interrupted' ? 'interrupted' : `failed: ${error.title}`
}

/** How a run failed, for people. */
export interface Failure {
  /** Of a known failure, the stable name. */
  readonly name: ErrorName | undefined
  readonly title: string
  /** What happened, in one or more lines. */
  readonly what: string
  readonly remedy: string
}

/** What is no `ReleaseError` is a fault of the action itself. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof ReleaseError) {
    return { name: error.name, title: error.title, what: error.what, remedy: error.remedy }
  }
  return {
    name: undefined,
    title: 'Internal error: please report it',
    what: `${oneLine(messageOf(error))}.`,
    remedy: 'Report it in the repository of the action, with the log of a run with debug logging.',
  }
}

/** The whole failure as one text. */
export const failureText = ({ what, remedy }: Failure): string =>
  `${what}${what.endsWith('\n') ? '' : ' '}${remedy}`

const OUTCOMES: Readonly<Record<TagOutcome, string>> = {
  planned: 'not written',
  pushed: 'in the registry now, not read back',
  unclear: 'may have been written',
  built: 'built',
  copied: 'copied',
  moved: 'moved',
  kept: 'there already',
  stayed: 'stayed',
  withheld: 'withheld',
  missing: 'missing',
  different: 'different',
}

/** Where a command has another word for it. */
const OF_COMMAND: Readonly<Record<string, Partial<Record<TagOutcome, string>>>> = {
  plan: { planned: 'planned' },
  build: { built: 'built, not pushed', planned: 'written by push' },
  push: { built: 'pushed' },
  promote: { kept: 'kept' },
  verify: { kept: 'as planned', planned: 'could not be read' },
}

/** What became of a tag, for people. `command` decides what a tag is called that nothing happened to. */
export const outcomeInWords = ({ outcome, note, replaced }: ImageTagResult, command: string): string => {
  const said = OF_COMMAND[command]?.[outcome] ?? OUTCOMES[outcome]
  if (note === undefined) return said
  if (replaced !== undefined) return `${said}, ${note}`
  return outcome === 'stayed' ? note : `${said}: ${note}`
}

/** How several services are shown: a head, and a row for each; what became of each tag, or whether it is ready. */
export const rowsOf = ({ command, services }: Result): readonly (readonly string[])[] => {
  const isTouched = services.some(({ tags }) => tags.some(({ outcome }) => outcome !== 'planned'))
  if (command === 'promote' && !isTouched && services.some(({ problem }) => problem !== undefined)) {
    return [['ready'], ...services.map(({ problem }) => [problem === undefined ? 'yes' : `no: ${problem}`])]
  }
  const cells = ({ tags }: ServiceResult): string[] => tags.map(tag => outcomeInWords(tag, command))
  return [services[0].tags.map(({ tag }) => tag), ...services.map(cells)]
}

/** A text with its digests cut short, for where another line has them whole. */
export const withShortDigests = (text: string): string =>
  text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}\b/g, '$1…')

/** What kind of tag it is beside an ordinary one. */
export const kindInWords = ({ stable, moving }: ImageTagResult): string =>
  [...(stable ? ['stable'] : []), ...(moving ? ['moving'] : [])].join(', ')

/** The kinds of machines that GitHub has, which are no environment that somebody approves. */
const MACHINES: readonly (string | undefined)[] = ['github-hosted', 'self-hosted']

/** `2026-11-24 17:02`, in UTC. */
const minute = (time: string): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ')

/** `2026-11-24`, in UTC. */
export const day = (time: string): string => minute(time).slice(0, 10)

/** A name from outside, in quotes if it has a comma: it must not read like more of the sentence. */
const nameInWords = (name: string): string => (/[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name)

/** Since when a tag is stable, and who decided that on which grounds, as a record tells it. */
export const recordInWords = (note: PromotionNote): string => {
  const { destination, time, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  return [
    `${tag} since ${minute(time)}${written ? '' : ' or before'}`,
    ...(actor === undefined ? [] : [`${written ? 'by' : 'found there by'} ${nameInWords(actor)}`]),
    ...(environment === undefined || MACHINES.includes(environment)
      ? []
      : [environment === BY_HAND ? environment : `for ${nameInWords(environment)}`]),
    ...checks.map(
      ({ name, state, url }) =>
        `${nameInWords(name)} ${state === 'success' ? 'passed' : nameInWords(state)}${url === undefined ? '' : ` (${url})`}`,
    ),
    ...(run === undefined ? [] : [`run (${run})`]),
  ].join(', ')
}

/** What the records tell, the newest first, each once for all services that it is told of. */
export const recordLines = (
  told: readonly { readonly service: string; readonly records: readonly PromotionNote[] }[],
): readonly string[] => {
  const services = new Map<string, string[]>()
  const all = told.flatMap(({ service, records }) => records.map(note => ({ service, note })))
  for (const { service, note } of all.toSorted((one, other) =>
    other.note.time.localeCompare(one.note.time),
  )) {
    const words = recordInWords(note)
    services.set(words, [...(services.get(words) ?? []), service])
  }
  return told.length === 1
    ? [...services.keys()]
    : [...services].map(([words, names]) => `${words}: ${names.join(', ')}`)
}
