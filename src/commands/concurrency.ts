import { knownFailure, ReleaseError, remediesOf } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import type { ServiceEntry } from './ledger.ts'

/** Registries limit what one account may ask at once. */
const SERVICES_AT_ONCE = 8

/** What kept services from something. */
export type Problems = Map<ServiceEntry, ReleaseError>

interface OfService {
  readonly entry: ServiceEntry
}

/**
 * Does the same for every service, some at once. A known failure is noted with its service and in `problems`, and keeps none
 * of the others from it; everything else is thrown once all have ended.
 */
export async function tryServices<T extends OfService, U>(
  services: readonly T[],
  { problems, secrets }: { problems: Problems; secrets: Secrets },
  run: (service: T) => Promise<U>,
): Promise<U[]> {
  const settled = await settleServices(services, run)
  return settled.flatMap((each, index) => {
    if (each.status === 'fulfilled') return [each.value]
    const error = knownFailure(each.reason)
    const entry = services[index]?.entry
    if (entry !== undefined) {
      problems.set(entry, error)
      entry.problem = secrets.mask(error.what.replace(/\.?\s*$/, ''))
    }
    return []
  })
}

/** Does the same for every service, and throws one error for all that failed, once all have ended. */
export async function forServices<T, U>(
  services: readonly T[],
  run: (service: T) => Promise<U>,
): Promise<U[]> {
  const settled = await settleServices(services, run)
  const failed = settled.flatMap(each => (each.status === 'rejected' ? [knownFailure(each.reason)] : []))
  const [first, ...others] = failed
  if (first === undefined) return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  if (others.length === 0) throw first
  throw new ReleaseError(first.name, {
    what: `This failed for ${failed.length} services:\n${failed.map(({ what }) => `- ${what}`).join('\n')}\n`,
    remedy: remediesOf(failed),
    cause: first.cause,
  })
}

async function settleServices<T, U>(
  services: readonly T[],
  run: (service: T) => Promise<U>,
): Promise<PromiseSettledResult<U>[]> {
  const settled: PromiseSettledResult<U>[] = []
  await eachAtOnce([...services.entries()], SERVICES_AT_ONCE, async ([index, service]) => {
    const [outcome] = await Promise.allSettled([run(service)])
    settled[index] = outcome
  })
  return settled
}

/** Does the same for every item, at most so many at once. After the first error, no more is begun. */
export async function eachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items].reverse()
  const work = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await run(item)
  }
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  } finally {
    waiting.length = 0
  }
}
