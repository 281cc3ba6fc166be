import type { Result, ServiceEntry, TagEntry, TagOutcome } from '../commands/ledger.ts'
import { BY_HAND, type PromotionNote } from '../commands/record-content.ts'

/** A duration in milliseconds, for people. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

/** A text with its digests cut short, for where another line has them whole. */
export function withShortDigests(text: string): string {
  return text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}\b/g, '$1…')
}

const OUTCOMES: Readonly<Record<TagOutcome, string>> = {
  planned: 'not written',
  pushed: 'pushed, not read back',
  unclear: 'may have been written',
  built: 'built',
  copied: 'copied',
  moved: 'moved',
  kept: 'kept',
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
  verify: { kept: 'as planned', planned: 'could not be read' },
}

/** What became of a tag, for people. */
export function describeOutcome({ outcome, note, replaced }: TagEntry, command: string): string {
  const said = OF_COMMAND[command]?.[outcome] ?? OUTCOMES[outcome]
  if (replaced !== undefined) return `${said}, replaces ${replaced}`
  return note === undefined ? said : `${said}: ${note}`
}

/** What kind of tag it is beside an ordinary one. */
export function describeKind({ stable, moving }: TagEntry): string {
  return [...(stable ? ['stable'] : []), ...(moving ? ['moving'] : [])].join(', ')
}

/** How several services are shown: a head, and a row for each; what became of each tag, or whether it is ready. */
export function rowsOf({ command, services }: Result): readonly (readonly string[])[] {
  const isTouched = services.some(({ tags }) => tags.some(({ outcome }) => outcome !== 'planned'))
  if (!isTouched && services.some(({ problem }) => problem !== undefined)) {
    return [['ready'], ...services.map(({ problem }) => [problem === undefined ? 'yes' : `no: ${problem}`])]
  }
  const cells = ({ tags, problem }: ServiceEntry): string[] =>
    tags.map(tag => (problem === undefined ? describeOutcome(tag, command) : 'could not be read'))
  return [services[0]?.tags.map(({ tag }) => tag) ?? [], ...services.map(cells)]
}

/** The kinds of machines that GitHub has, which are no environment that somebody approves. */
const MACHINES: readonly (string | undefined)[] = ['github-hosted', 'self-hosted']

/** `2026-11-24 17:02`, in UTC. */
function minute(time: string): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** `2026-11-24`, in UTC. */
export function day(time: string): string {
  return minute(time).slice(0, 10)
}

/** Since when a tag is stable, and who decided that on which grounds, as a record tells it. */
export function describeRecord(note: PromotionNote): string {
  const { destination, time, written, actor, run, environment, checks } = note
  const place = environment === BY_HAND ? environment : `for ${quoteName(environment ?? '')}`
  return [
    `${destination.slice(destination.lastIndexOf(':') + 1)} since ${minute(time)}${written ? '' : ' or before'}`,
    ...(actor === undefined ? [] : [`${written ? 'by' : 'found there by'} ${quoteName(actor)}`]),
    ...(environment === undefined || MACHINES.includes(environment) ? [] : [place]),
    ...checks.map(({ name, state, url }) => {
      const how = state === 'success' ? 'passed' : quoteName(state)
      return `${quoteName(name)} ${how}${url === undefined ? '' : ` (${url})`}`
    }),
    ...(run === undefined ? [] : [`run (${run})`]),
  ].join(', ')
}

/** A name from outside, in quotes if it has a comma: it must not read like more of the sentence. */
function quoteName(name: string): string {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}

/** What the records tell, the newest first, each once for all services that it is told of. */
export function recordLines(
  told: readonly { readonly service: string; readonly records?: readonly PromotionNote[] }[],
): readonly string[] {
  const services = new Map<string, string[]>()
  const all = told.flatMap(({ service, records = [] }) => records.map(note => ({ service, note })))
  for (const { service, note } of all.toSorted((a, b) => b.note.time.localeCompare(a.note.time))) {
    const words = describeRecord(note)
    services.set(words, [...(services.get(words) ?? []), service])
  }
  return told.length === 1
    ? [...services.keys()]
    : [...services].map(([words, names]) => `${words}: ${names.join(', ')}`)
}
