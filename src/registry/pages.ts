import { field, parseJson } from '../json.ts'
import { unusable } from './answer.ts'
import type { Asker } from './connection.ts'
import { INDEX } from './media-types.ts'
import { byDigest, type Digest, imageName } from './reference.ts'

/** None if there is no such repository. */
export async function listTags(registry: Asker): Promise<string[]> {
  const what = `the tags of ${imageName(registry.repository)}`
  const list = { path: 'tags/list', query: '?n=1000', name: 'tags', what, absent: [404] }
  const tags = (await readPages(registry, list)) ?? []
  if (!tags.every(tag => typeof tag === 'string')) throw unusable(what, 'it is no list of tags')
  return tags
}

/** Descriptors of one type: distribution-spec v1.1.1, "Listing Referrers". */
export async function listReferrers(
  registry: Asker,
  digest: Digest,
  artifactType: string,
): Promise<readonly unknown[] | 'unsupported'> {
  const entries = await readPages(registry, {
    path: `referrers/${digest}`,
    query: `?artifactType=${encodeURIComponent(artifactType)}`,
    name: 'manifests',
    what: `what refers to ${byDigest(registry.repository, digest)}`,
    absent: [404, 405, 501],
  })
  // A registry may ignore the filter.
  return entries?.filter(entry => field(entry, 'artifactType') === artifactType) ?? 'unsupported'
}

/** All entries; undefined if the first page is absent. */
async function readPages(
  registry: Asker,
  list: { path: string; query: string; name: string; what: string; absent: number[] },
) {
  const { path, query, name, what, absent } = list
  const headers = { accept: `${INDEX}, application/json` }
  const entries = new Set<unknown>()
  const asked = new Set<string>()
  let hadLink = false
  for (let next: string | undefined = query; next !== undefined; ) {
    if (asked.has(next) || asked.size === 500) throw unusable(what, 'its pages do not end')
    const expects = asked.size === 0 ? [200, ...absent] : [200]
    asked.add(next)
    const answer = await registry.ask({ method: 'GET', path: `${path}${next}`, headers, what, expects })
    if (answer.status !== 200) return undefined
    const said = field(parseJson(answer.body.toString()), name)
    // Some registries answer null when the last tag was deleted.
    const found = said === null && name === 'tags' ? [] : said
    if (!Array.isArray(found)) throw unusable(what, 'it is not JSON with that list')
    const before = entries.size
    for (const entry of found) entries.add(entry)
    const linked = nextQuery(answer.headers.link, what)
    hadLink ||= linked !== undefined
    next = linked ?? (hadLink || entries.size === before ? undefined : queryAfter(query, found))
  }
  return [...entries]
}

const LINK = /\s*<([^<>]*)>((?:"[^"]*"|[^",<>])*)(?:,|$)/y

/** The query of a Link to the next page (RFC 8288, 3): host and path may be those behind a proxy. */
function nextQuery(header: string | string[] = '', what: string) {
  const links = `${header}`
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

/** For a list that may be cut without a Link, as of Nexus: a page of 50 entries or more. */
function queryAfter(query: string, page: readonly unknown[]) {
  const last = page.at(-1)
  if (page.length < 50 || typeof last !== 'string') return undefined
  return `${query}&last=${encodeURIComponent(last)}`
}
