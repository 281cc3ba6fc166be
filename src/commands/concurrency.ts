import { ReleaseError, remediesOf } from '../errors.ts'

/** How many services are asked about, or written, at once: registries limit what one account may ask. */
const SERVICES_AT_ONCE = 8

/**
 * Does the same for every service, some at once, and waits until all have ended. Throws one error for all that failed, and
 * what is no known failure before all others.
 */
export async function forServices<T, U>(
  services: readonly T[],
  run: (service: T) => Promise<U>,
): Promise<U[]> {
  const settled: PromiseSettledResult<U>[] = []
  await eachAtOnce([...services.entries()], SERVICES_AT_ONCE, async ([index, service]) => {
    const [outcome] = await Promise.allSettled([run(service)])
    settled[index] = outcome
  })
  const reasons: unknown[] = settled.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))
  const known = reasons.filter(reason => reason instanceof ReleaseError)
  const [first, ...others] = known
  const unknown = reasons.find(reason => !(reason instanceof ReleaseError))
  if (unknown !== undefined) throw unknown
  if (first !== undefined && others.length > 0) {
    throw new ReleaseError(first.name, {
      what: `This failed for ${known.length} services:\n${known.map(({ what }) => `- ${what}`).join('\n')}\n`,
      remedy: remediesOf(known),
      cause: first.cause,
    })
  }
  if (first !== undefined) throw first
  return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
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
