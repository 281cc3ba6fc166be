import type { Backoff } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import type { OctokitFetch } from './index.ts'

/** Statuses of answers without a body. Source: Fetch standard, "null body status". */
const WITHOUT_BODY: readonly number[] = [204, 205, 304]

/**
 * The `fetch` that octokit is given: our transport, with its limits, retries and proxies. It reads from the origin of
 * the API alone, as the address of a further page comes from an answer, and the token goes there.
 *
 * Throws what the transport throws, and `TypeError`.
 */
export const fetchThrough = (
  transport: Transport,
  { baseUrl, backoff }: { baseUrl: string; backoff: Backoff | undefined },
): OctokitFetch => {
  const { origin } = new URL(baseUrl)
  return async (address, { headers }) => {
    const url = new URL(address)
    if (url.origin !== origin) throw new TypeError(`a page at ${url.origin}, and the API is at ${origin}`)
    const answer = await transport.send({ method: 'GET', url, headers }, backoff)
    const { status, body } = answer
    const response = new Response(WITHOUT_BODY.includes(status) ? null : new Uint8Array(body), {
      status,
      headers: Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    })
    return Object.defineProperty(response, 'url', { value: answer.url.href })
  }
}
