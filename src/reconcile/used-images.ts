import type { Digest, Repository } from '../registry/reference.ts'

/** An image of a service, as a text names it; where a placeholder stands, without tag and digest. */
export interface UsedImage {
  readonly service: string
  /** `project/service:tag` of another project of the registry: then there is nothing else. */
  readonly elsewhere: string | undefined
  readonly tag: string | undefined
  readonly digest: Digest | undefined
}

/** What goes on behind a tag is filled in later: `2.4-${…}`, `2.4.{{ … }}`, `2.4.*`. */
const PLACEHOLDER = /^[${<%*…]/
/** Not `#PROD#`, which scripts replace. */
const COMMENT = /^\s*#\s/
const REPOSITORY_KEY = /^\s*(?:-\s+)?(?=["']?repository["']?\s*:\s*["']?$)/
const TAG_KEY = /^["']?tag["']?\s*:\s*["']?([^\s"',}]*)/
/** How far below `repository:` Helm's `tag:` may stand. */
const MOST_BELOW = 5
/** The part of a line in which keys are looked for. */
const LONGEST_KEY = 300

/** Returns what finds the images of services of one registry in a text, in one pass. */
export function imageFinder(
  services: readonly { service: string; repository: Repository }[],
): (text: string) => (UsedImage & { line: number })[] {
  const own = new Map(services.map(({ service, repository }) => [repository.path, service]))
  const names = new Set(own.values())
  const host = services[0]?.repository.registry.replace(/:443$/, '') ?? ''
  // A longer path would be read again from each host in it.
  const reference = new RegExp(
    `(?<![\\w.-])${host.replace(/\W/g, '\\$&')}(?::443)?/([\\w./-]{1,255})(?::([\\w.-]{0,129}))?(?:@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})(?!\\w))?`,
    'g',
  )
  const imagesIn = (line: string, index: number, lines: readonly string[]) =>
    Array.from(line.matchAll(reference)).flatMap((match): (UsedImage & { line: number })[] => {
      const [whole, named = '', written, hash] = match
      const path = named.replace(/\.+$/, '')
      const name = path.slice(path.lastIndexOf('/') + 1)
      const service = own.get(path) ?? (names.has(name) ? name : undefined)
      const end = match.index + whole.length
      if (service === undefined) return []
      const lead = line.slice(0, match.index)
      const below = written === undefined && hash === undefined ? tagBelow(lead, lines, index) : undefined
      const isOpen = PLACEHOLDER.test(line.slice(end, end + 1))
      const tag = isOpen ? undefined : tagIn(below?.value ?? written)
      const about = { service, line: index + 1 + (below?.distance ?? 0) }
      const elsewhere = tag === undefined ? path : `${path}:${tag}`
      if (!own.has(path)) return [{ ...about, elsewhere, tag: undefined, digest: undefined }]
      return [{ ...about, elsewhere: undefined, tag, digest: hash as Digest | undefined }]
    })
  return text =>
    text
      .split('\n')
      .flatMap((line, index, lines) =>
        line.includes(host) && !COMMENT.test(line) ? imagesIn(line, index, lines) : [],
      )
}

/** The end of a sentence belongs to no tag. */
function tagIn(written = '') {
  return /^\w[\w.-]{0,127}$/.exec(written.replace(/\.+$/, ''))?.[0]
}

/** The value of `tag:` at the indentation of `repository:`, if that leads the image. */
function tagBelow(lead: string, lines: readonly string[], index: number) {
  const [indentation] = (lead.length < LONGEST_KEY && REPOSITORY_KEY.exec(lead)) || []
  if (indentation === undefined) return undefined
  for (let distance = 1; distance <= MOST_BELOW; distance += 1) {
    const line = lines[index + distance]?.slice(0, LONGEST_KEY) ?? ''
    const content = line.trimStart()
    const deep = line.length - content.length
    if (content === '' || content.startsWith('#') || deep > indentation.length) continue
    const [, value] = TAG_KEY.exec(content) ?? []
    if (deep < indentation.length) return undefined
    if (value !== undefined) return { value, distance }
  }
  return undefined
}
