import { field, parseJson } from '../json.ts'
import { unusable } from './answer.ts'
import type { Asker } from './connection.ts'
import { INDEX } from './media-types.ts'
import { byDigest, type Digest, imageName } from './reference.ts'

/** Every tag of the repository once; none when there is no such repository. */
export async function listTags(registry: Asker): Promise<string[]> {
  const what = `the tags of ${imageName(registry.repository)}`
  const list = { path: 'tags/list', query: '?n=1000', accept: 'application/json', what, absent: [404] }
  const tags = await readPages(registry, list, answer => {
    const tags = field(answer, 'tags')
    // Some registries answer null for a repository whose last tag was deleted.
    if (tags === null) return []
    return Array.isArray(tags) && tags.every(tag => typeof tag === 'string') ? tags : undefined
  })
  return tags ?? []
}

/** The descriptors of what refers to a manifest and is of a type: distribution-spec v1.1.1, "Listing Referrers". */
export async function listReferrers(
  registry: Asker,
  digest: Digest,
  artifactType: string,
): Promise<readonly unknown[] | 'unsupported'> {
  const what = `what refers to ${byDigest(registry.repository, digest)}`
  const query = `?artifactType=${encodeURIComponent(artifactType)}`
  // Servers answer 405 or 501 to what they do not know, too.
  const list = { path: `referrers/${digest}`, query, accept: INDEX, what, absent: [404, 405, 501] }
  const entries = await readPages(registry, list, answer => {
    const manifests = field(answer, 'manifests')
    return Array.isArray(manifests) ? manifests : undefined
  })
  // A registry may leave the filter to those who ask.
  return entries?.filter(entry => field(entry, 'artifactType') === artifactType) ?? 'unsupported'
}

/** What is on all pages of a list; nothing if there is none. An incomplete one is an error. */
async function readPages<T>(
  registry: Asker,
  list: { path: string; query: string; accept: string; what: string; absent: readonly number[] },
  entriesIn: (answer: unknown) => readonly T[] | undefined,
): Promise<T[] | undefined> {
  const { path, query, what } = list
  const headers = { accept: list.accept }
  const entries = new Set<T>()
  const asked = new Set<string>()
  let hadLink = false
  for (let next: string | undefined = query; next !== undefined; ) {
    if (asked.has(next) || asked.size === 500)
      throw unusable(what, `the pages of its list do not end, after ${asked.size} of them`)
    const expects = asked.size === 0 ? [200, ...list.absent] : [200]
    asked.add(next)
    const answer = await registry.ask({ method: 'GET', path: `${path}${next}`, headers, what, expects })
    if (answer.status !== 200) return undefined
    const found = entriesIn(parseJson(answer.body.toString('utf8')))
    if (found === undefined) throw unusable(what, 'it is not JSON with the list that was asked for')
    const before = entries.size
    for (const entry of found) entries.add(entry)
    const linked = nextQuery(answer.headers.link)
    if (linked === 'not understood') throw unusable(what, 'the Link to its next page can not be understood')
    hadLink ||= linked !== undefined
    next = linked ?? (hadLink || entries.size === before ? undefined : queryAfter(query, found))
  }
  return [...entries]
}

const LINK = /\s*<([^<>]*)>((?:"[^"]*"|[^",<>])*)(?:,|$)/y

/** Of a Link (RFC 8288, 3) the query alone counts: its host and path may be those of another server. */
function nextQuery(header: string | readonly string[] | undefined): string | 'not understood' | undefined {
  const links = [header ?? []].flat().join(',')
  for (LINK.lastIndex = 0; LINK.lastIndex < links.length; ) {
    const [, target = '', parameters = ''] = LINK.exec(links) ?? []
    if (target === '') return 'not understood'
    if (!/\brel\s*=\s*"?next\b/i.test(parameters)) continue
    const at = target.indexOf('?')
    return at === -1 ? 'not understood' : target.slice(at).replace(/#.*$/s, '')
  }
  return undefined
}

/** Servers that cut a list and do not say so give what was asked for, as Nexus, or at least 50 entries. */
function queryAfter(query: string, page: readonly unknown[]): string | undefined {
  const last = page.at(-1)
  if (page.length < 50 || typeof last !== 'string') return undefined
  return `${query}&last=${encodeURIComponent(last)}`
}
