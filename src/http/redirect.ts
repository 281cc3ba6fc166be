import { UnusableAnswerError } from './errors.ts'

/** Where a request goes, and with which headers. */
export interface Target {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

const withoutAuthorization = (headers: Target['headers']): Target['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))

/**
 * Where a redirect leads: never from https to http, and without the Authorization header when scheme, host or port is
 * another. Source: RFC 9110, 15.4, on headers that belong to an origin.
 *
 * Throws `UnusableAnswerError`.
 */
export const redirectTo = (location: string, { url, headers }: Target): Target => {
  if (!URL.canParse(location, url.href))
    throw new UnusableAnswerError(`a redirect from ${url.origin} to no address`)
  const target = new URL(location, url)
  if (target.protocol !== 'https:' && target.protocol !== url.protocol)
    throw new UnusableAnswerError(`a redirect from ${url.origin} to ${target.protocol}//${target.host}`)
  return { url: target, headers: target.origin === url.origin ? headers : withoutAuthorization(headers) }
}
