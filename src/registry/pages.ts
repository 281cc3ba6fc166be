/** The most pages of one list that are asked for: a server may have no end of them. */
export const MAX_PAGES = 500

/** Servers that cut a list and do not say so give what was asked for, as Nexus, or at least this many entries. */
const SHORTEST_CUT = 50

/** One link of the header, and its parameters. RFC 8288, 3. */
const LINK = /\s*<([^<>]*)>((?:"[^"]*"|[^",<>])*)(?:,|$)/y

/**
 * The query of the next page by a Link header (RFC 8288); nothing if none is linked. Only the query counts: registries
 * behind a proxy name a host, and Artifactory a path, at which nobody can ask.
 */
export function nextQuery(
  header: string | readonly string[] | undefined,
): string | 'not understood' | undefined {
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

/**
 * The query for what follows a page that names no next one: what may be cut is asked for again, from the last tag on.
 * Nothing where the page is too short to be cut.
 */
export function queryAfter(query: string, page: readonly unknown[]): string | undefined {
  const last = page.at(-1)
  if (page.length < SHORTEST_CUT || typeof last !== 'string') return undefined
  return `${query}&last=${encodeURIComponent(last)}`
}
