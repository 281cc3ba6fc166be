import { ReleaseError, remediesOf } from '../errors.ts'
import { mapSome, type Some } from '../some.ts'

/** How many services are asked about, or written, at once: registries limit what one account may ask. */
const AT_ONCE = 8

/** Does the same for every item, at most so many at once. After the first error, no more is begun. */
export const eachAtOnce = async <T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> => {
  // Unlike an array's own iterator, a generator ends for all when one leaves its loop by an error.
  const waiting = (function* () {
    yield* items
  })()
  const work = async (): Promise<void> => {
    for (const item of waiting) await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
}

/** Does the same for every service, some at once, and waits until all have ended. */
const settleEach = async <T, U>(
  services: Some<T>,
  run: (service: T) => Promise<U>,
): Promise<Some<PromiseSettledResult<U>>> => {
  const settled = new Map<T, PromiseSettledResult<U>>()
  await eachAtOnce(services, AT_ONCE, async service => {
    const [outcome] = await Promise.allSettled([run(service)])
    settled.set(service, outcome)
  })
  return mapSome(services, service => {
    const outcome = settled.get(service)
    if (outcome === undefined) throw new TypeError('a service was left out')
    return outcome
  })
}

/** One error for those of several services. */
const errorOf = (errors: Some<unknown>): unknown => {
  const known = errors.filter(error => error instanceof ReleaseError)
  const [first, ...others] = known
  if (first === undefined || known.length < errors.length) {
    return errors.find(error => !(error instanceof ReleaseError))
  }
  if (others.length === 0) return first
  return new ReleaseError(first.name, {
    what: `This failed for ${known.length} services:\n${known.map(({ what }) => `- ${what}`).join('\n')}\n`,
    remedy: remediesOf(known),
    cause: first.cause,
  })
}

/** The same, if it succeeds for all. Throws one error for all that failed. */
export const mapServices = async <T, U>(
  services: Some<T>,
  run: (service: T) => Promise<U>,
): Promise<Some<U>> => {
  const settled = await settleEach(services, run)
  const [error, ...errors] = settled.filter(each => each.status === 'rejected').map(({ reason }) => reason)
  if (error !== undefined) throw errorOf([error, ...errors])
  return mapSome(settled, each => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}
