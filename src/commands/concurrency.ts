import { errorOfServices, knownFailure, type ReleaseError, type ServiceFailure } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import type { ServiceEntry } from './ledger.ts'

/** Registries limit what one account may ask at once. */
const SERVICES_AT_ONCE = 8

/**
 * Does the same for every service, some at once. A known failure is noted with its service and in `failures`, and keeps none
 * of the others from it; everything else is thrown once all have ended.
 */
export async function tryServices<T extends { readonly entry: ServiceEntry }, U>(
  services: readonly T[],
  { failures, secrets }: { failures: ServiceFailure[]; secrets: Secrets },
  run: (service: T) => Promise<U>,
): Promise<U[]> {
  const settled = await settleServices(services, run)
  return settled.flatMap((each, index) => {
    if (each.status === 'fulfilled') return [each.value]
    const entry = services[index]?.entry
    if (entry !== undefined) failures.push(noteFailure(entry, knownFailure(each.reason), secrets))
    return []
  })
}

/** Notes what keeps a service from being promoted, or read. */
export function noteFailure(entry: ServiceEntry, error: ReleaseError, secrets: Secrets): ServiceFailure {
  entry.problem = secrets.mask(error.what.replace(/\.?\s*$/, ''))
  return { service: entry.service, error }
}

/** Does the same for every service, and throws one error for all that failed, once all have ended. */
export async function forServices<
  T extends { readonly entry: ServiceEntry } | { readonly service: string },
  U,
>(services: readonly T[], run: (service: T) => Promise<U>): Promise<U[]> {
  const settled = await settleServices(services, run)
  const failures = settled.flatMap((each, index) => {
    const one = services[index]
    if (each.status === 'fulfilled' || one === undefined) return []
    const { service } = 'entry' in one ? one.entry : one
    return [{ service, error: knownFailure(each.reason) }]
  })
  const [first, ...others] = failures
  if (first === undefined) return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  if (others.length === 0) throw first.error
  const what = `This failed for ${failures.length} of ${services.length} services`
  throw errorOfServices(failures, { name: first.error.name, what, count: services.length })
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
