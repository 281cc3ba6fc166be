import { field, parseJson } from '../json.ts'
import { unusable } from './answer.ts'
import type { Asker } from './connection.ts'
import { INDEX } from './media-types.ts'
import { byDigest, type Digest, imageName } from './reference.ts'

/** All tags; none if there is no such repository. */
export async function listTags(registry: Asker): Promise<string[]> {
  const what = `the tags of ${imageName(registry.repository)}`
  const list = { path: 'tags/list', query: '?n=1000', headers: {}, what, absent: [404] }
  const tags = await readPages(registry, list, answer => {
    const tags = field(answer, 'tags')
    // Some registries answer null when the last tag was deleted.
    if (tags === null) return []
    return Array.isArray(tags) && tags.every(tag => typeof tag === 'string') ? tags : undefined
  })
  return tags ?? []
}

/** The descriptors of a type that refer to a manifest: distribution-spec v1.1.1, "Listing Referrers". */
export async function listReferrers(
  registry: Asker,
  digest: Digest,
  artifactType: string,
): Promise<readonly unknown[] | 'unsupported'> {
  const path = `referrers/${digest}`
  const query = `?artifactType=${encodeURIComponent(artifactType)}`
  const what = `what refers to ${byDigest(registry.repository, digest)}`
  // Some servers answer 405 or 501 to what they do not know.
  const list = { path, query, headers: { accept: INDEX }, what, absent: [404, 405, 501] }
  const entries = await readPages(registry, list, answer => {
    const manifests = field(answer, 'manifests')
    return Array.isArray(manifests) ? manifests : undefined
  })
  // A registry may ignore the filter.
  return entries?.filter(entry => field(entry, 'artifactType') === artifactType) ?? 'unsupported'
}

/** The entries of all pages; undefined if the first is absent. An incomplete list is an error. */
async function readPages<T>(
  registry: Asker,
  list: { path: string; query: string; headers: Record<string, string>; what: string; absent: number[] },
  entriesIn: (answer: unknown) => readonly T[] | undefined,
): Promise<T[] | undefined> {
  const { path, query, headers, what, absent } = list
  const entries = new Set<T>()
  const asked = new Set<string>()
  let hadLink = false
  for (let next: string | undefined = query; next !== undefined; ) {
    if (asked.has(next) || asked.size === 500)
      throw unusable(what, `its pages do not end, after ${asked.size} of them`)
    const expects = asked.size === 0 ? [200, ...absent] : [200]
    asked.add(next)
    const answer = await registry.ask({ method: 'GET', path: `${path}${next}`, headers, what, expects })
    if (answer.status !== 200) return undefined
    const found = entriesIn(parseJson(answer.body.toString('utf8')))
    if (found === undefined) throw unusable(what, 'it is not JSON with that list')
    const before = entries.size
    for (const entry of found) entries.add(entry)
    const linked = nextQuery(answer.headers.link, what)
    hadLink ||= linked !== undefined
    next = linked ?? (hadLink || entries.size === before ? undefined : queryAfter(query, found))
  }
  return [...entries]
}

const LINK = /\s*<([^<>]*)>((?:"[^"]*"|[^",<>])*)(?:,|$)/y

/** The query of a Link to the next page (RFC 8288, 3): its host and path may be those behind a proxy. */
function nextQuery(header: string | string[] | undefined, what: string): string | undefined {
  const links = [header ?? []].flat().join(',')
  for (LINK.lastIndex = 0; LINK.lastIndex < links.length; ) {
    const [, target = '', parameters = ''] = LINK.exec(links) ?? []
    const isNext = /\brel\s*=\s*"?next\b/i.test(parameters)
    const query = /\?[^#]*/.exec(target)?.[0]
    if (target === '' || (isNext && query === undefined))
      throw unusable(what, 'the Link to its next page is not valid')
    if (isNext) return query
  }
  return undefined
}

/** For a list that may be cut without a Link: a full page, as of Nexus, or one of 50 entries or more. */
function queryAfter(query: string, page: readonly unknown[]): string | undefined {
  const last = page.at(-1)
  if (page.length < 50 || typeof last !== 'string') return undefined
  return `${query}&last=${encodeURIComponent(last)}`
}
