import { type ErrorName, ReleaseError } from './errors.ts'
import { groupBy } from './group-by.ts'

/** Each remedy once, in a line with its services if remedies differ. */
export const remediesOf = (failures: readonly { service?: string; remedy: string }[]): string => {
  const services = groupBy(failures, ({ remedy }) => remedy)
  const isOfMany = new Set(failures.map(({ service }) => service)).size > 1
  return isOfMany && services.size > 1
    ? [...services].map(([remedy, of]) => `- ${namesOf(of)}: ${remedy}`).join('\n')
    : [...services.keys()].join(' ')
}

export interface ServiceFailure {
  readonly service: string
  readonly error: ReleaseError
}

interface ServiceFact {
  readonly service: string
  readonly what: string
}

/** Each fact once for all services of which it is the same but for what names their images. */
export const saidOfServices = (all: readonly ServiceFact[]): string[] => {
  const causes = groupBy(all, ({ service, what }) => {
    const isItsName = (word: string) => word.split(/[^\w-]+/).includes(service)
    const words = what.replace(/ \(after \d+ attempts?\)/g, '').split(/\s+/)
    return words.map(word => (isItsName(word) ? '*' : word)).join(' ')
  })
  return [...causes.values()].map(of => `${namesOf(of)}: ${of[0]?.what.trimEnd()}`)
}

export const linesOfServices = (all: readonly ServiceFact[]): string =>
  saidOfServices(all)
    .map(line => `- ${line}\n`)
    .join('')

/**
 * One error for all: the cause that all `count` services of the run share, else a line for each cause. Its name is `name`,
 * unless all have failed with one other.
 */
export const errorOfServices = (
  failures: readonly ServiceFailure[],
  { name, what, count, noun = 'services' }: { name: ErrorName; what: string; count: number; noun?: string },
): ReleaseError => {
  const [first] = failures
  if (first === undefined) throw new TypeError('no failure')
  const { error } = first
  if (count === 1) return error
  const facts = failures.map(({ service, error: { what, remedy } }) => ({ service, what, remedy }))
  const isShared = failures.length === count && failures.every(each => each.error.name === error.name)
  if (isShared && saidOfServices(facts).length === 1)
    return new ReleaseError(error.name, {
      what: `${error.what.trimEnd()} It is the same for all ${count} ${noun}.`,
      remedy: error.remedy,
      cause: error.cause,
    })
  return new ReleaseError(isShared ? error.name : name, {
    what: `${what}:\n${linesOfServices(facts)}`,
    remedy: remediesOf(facts),
    cause: error.cause,
  })
}

const namesOf = (all: readonly { service?: string }[]) =>
  [...new Set(all.map(({ service }) => service))].join(', ')
