/** Bytes: GitHub takes 1 MiB of summary for all steps of a job, and a page should open at once. */
const MOST = 100_000

/** The first lines; if there are more, where they are. */
export function fitting(lines: readonly string[]): string[] {
  let size = 0
  const shown = lines.filter(line => {
    size += Buffer.byteLength(line)
    return size <= MOST
  })
  const more = lines.length - shown.length
  return [shown.join('\n'), ...(more === 0 ? [] : [`${more} more: see the log, or the output json.`])]
}
