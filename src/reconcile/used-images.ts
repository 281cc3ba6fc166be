import type { Digest, Repository } from '../registry/reference.ts'

/** An image of a service, as a text names it; where a placeholder stands, without tag and digest. */
export interface UsedImage {
  readonly service: string
  /** `project/service:tag` of another project of the registry: then there is nothing else. */
  readonly elsewhere?: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

/** To the end of the line: not `#PROD#`, which scripts replace, nor `docker://`. */
const COMMENT = /(?:^|\s)(?:#(?:\s|[\w-]+:)|\/\/\s|\{\{\/\*).*/
/** What people write where a tag is filled in later. */
const PLACEHOLDER = /^[A-Z_]+$/
const REPOSITORY_KEY = /^(\s*(?:- +)?)["']?repository["']?\s*:/
/** What goes on behind it is filled in later: `2.4-${…}`, `2.4.{{ … }}`. */
const TAG = String.raw`(\w(?:[\w.-]{0,126}[\w-])?)(?![\w$<{%*-]|\.[\w.$<{%*-])`
const TAG_KEY = new RegExp(`^(\\s*)["']?tag["']?\\s*:\\s*["']?${TAG}`)
/** How far below `repository:` Helm's `tag:` may stand. */
const MOST_BELOW = 5

type FoundImage = UsedImage & { readonly line: number }

/** For services of one registry; in one pass. */
export function imageFinder(
  services: readonly { service: string; repository: Repository }[],
): (text: string) => FoundImage[] {
  const own = new Map(services.map(({ service, repository }) => [repository.path, service]))
  const names = new Set(own.values())
  const host = services[0]?.repository.registry ?? ''
  // A longer path would be read again from each host in it.
  const reference = new RegExp(
    `(?<![\\w.-])${host.replace(/\W/g, '\\$&')}/([\\w./-]{1,255})(?::${TAG})?(?:@(sha256:[0-9a-f]{64}))?`,
    'g',
  )
  return text =>
    text.split('\n').flatMap((whole, index, lines) => {
      if (!whole.includes(host)) return []
      const line = whole.replace(COMMENT, '')
      return Array.from(line.matchAll(reference)).flatMap(([, path = '', written, hash]): FoundImage[] => {
        const name = path.slice(path.lastIndexOf('/') + 1)
        const service = own.get(path) ?? (names.has(name) ? name : undefined)
        if (service === undefined) return []
        const below = written === undefined && hash === undefined ? tagBelow(lines, index) : undefined
        const given = below?.tag ?? written
        const tag = given !== undefined && PLACEHOLDER.test(given) ? undefined : given
        const about = { service, line: below?.line ?? index + 1 }
        if (!own.has(path)) return [{ ...about, elsewhere: tag === undefined ? path : `${path}:${tag}` }]
        return [{ ...about, tag, digest: hash as Digest | undefined }]
      })
    })
}

/** At the indentation of `repository:`. */
function tagBelow(lines: readonly string[], index: number) {
  const [, lead] = REPOSITORY_KEY.exec(lines[index] ?? '') ?? []
  const below = lines.slice(index + 1, index + 1 + MOST_BELOW)
  const end = below.findIndex(line => line.trim() !== '' && line.search(/\S/) < (lead?.length ?? 0))
  for (const [distance, line] of below.slice(0, end < 0 ? MOST_BELOW : end).entries()) {
    const [, indentation, tag] = TAG_KEY.exec(line) ?? []
    if (indentation?.length === lead?.length && tag !== undefined) return { tag, line: index + distance + 2 }
  }
  return undefined
}
