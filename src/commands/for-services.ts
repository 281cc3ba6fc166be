import { eachAtOnce } from '../each-at-once.ts'
import { knownFailure, type ReleaseError } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import { errorOfServices, type ServiceFailure } from '../service-errors.ts'
import { nameOf, type RepositoryEntry } from './ledger.ts'

/** Registries limit what one account may ask at once. */
const SERVICES_AT_ONCE = 8

/**
 * Does the same for every service. A known failure is noted with its service and in `failures`; everything else is thrown
 * once all have ended.
 */
export async function tryServices<T extends { readonly entry: RepositoryEntry }, U>(
  services: readonly T[],
  { failures, secrets }: { failures: ServiceFailure[]; secrets: Secrets },
  run: (service: T) => Promise<U>,
): Promise<U[]> {
  const { values, failed } = await settle(services, run)
  for (const { one, error } of failed) failures.push(noteFailure(one.entry, error, secrets))
  return values
}

export function noteFailure(entry: RepositoryEntry, error: ReleaseError, secrets: Secrets): ServiceFailure {
  entry.problem = secrets.mask(error.what.replace(/\.?\s*$/, ''))
  return { service: nameOf(entry), error }
}

/** Throws one error for all that failed. */
export async function forServices<
  T extends { readonly entry: RepositoryEntry } | { readonly service: string },
  U,
>(services: readonly T[], run: (service: T) => Promise<U>): Promise<U[]> {
  const { values, failed } = await settle(services, run)
  const [first] = failed
  if (first === undefined) return values
  if (failed.length === 1) throw first.error
  const failures = failed.map(({ one, error }) => ({
    service: 'entry' in one ? nameOf(one.entry) : one.service,
    error,
  }))
  const what = `This failed for ${failed.length} of ${services.length} services`
  throw errorOfServices(failures, { name: first.error.name, what, count: services.length })
}

async function settle<T, U>(services: readonly T[], run: (service: T) => Promise<U>) {
  const ended: { one: T; outcome: PromiseSettledResult<U> }[] = []
  await eachAtOnce([...services.entries()], SERVICES_AT_ONCE, async ([index, one]) => {
    const [outcome] = await Promise.allSettled([run(one)])
    ended[index] = { one, outcome }
  })
  return {
    values: ended.flatMap(({ outcome }) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failed: ended.flatMap(({ one, outcome }) =>
      outcome.status === 'rejected' ? [{ one, error: knownFailure(outcome.reason) }] : [],
    ),
  }
}
