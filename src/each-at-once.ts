/** After the first error, no more is begun. */
export async function eachAtOnce<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>) {
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
