import { NoAnswerError, PlainHttpError } from '../http/errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { HttpRequest, HttpResponse } from '../http/transport.ts'
import { provesAbsence, refusalOf, unreadable, unusable } from './answer.ts'
import { authorizationFor, type ConnectionOptions } from './authorization.ts'
import { apiHost, isLoopback, type Repository } from './reference.ts'

export interface Question extends Pick<HttpRequest, 'method' | 'body'> {
  /** Below the repository; or an address. */
  readonly path: string | URL
  readonly headers?: HttpRequest['headers']
  readonly what: string
  /** 404 stands for all that proves absence. */
  readonly expects: readonly number[]
  /** A 401 is no reason for another token. */
  readonly keepsToken?: boolean
}

export interface Asker {
  readonly repository: Repository
  /** Throws `registry-denied`, `registry-refused` or `registry-unreadable`. */
  readonly ask: (question: Question, backoff?: Backoff) => Promise<HttpResponse>
  /** By http only if it speaks nothing else. */
  readonly origin: () => Promise<string>
}

export function connect(options: ConnectionOptions): Pick<Asker, 'ask' | 'origin'> {
  const authorization = authorizationFor(options)
  let finding: Promise<string> | undefined
  /** Whether the last answer was 401: then a new token does not help. */
  let isRefused = false
  const askAt = async (origin: string, question: Question, backoff?: Backoff) => {
    const { method, path, body, what, expects } = question
    const url = path instanceof URL ? path : new URL(`${origin}/v2/${options.repository.path}/${path}`)
    for (let isAgain = isRefused; ; isAgain = true) {
      // Uploads may go to another host, which gets no credentials.
      const header = url.origin === origin ? await authorization.header(origin) : undefined
      const headers = { ...question.headers, ...(header === undefined ? {} : { authorization: header }) }
      const response = await options.transport.send({ method, url, headers, body }, backoff)
      isRefused = response.status === 401 && !question.keepsToken
      if (isRefused && response.url.origin !== origin)
        throw unusable(what, `it leads to ${response.url.origin}, which wants credentials`)
      // Once: the token may have expired.
      if (isRefused && !isAgain && authorization.challenged(response, header)) continue
      if (expects.includes(response.status)) return response
      if (expects.includes(404) && provesAbsence(response)) return { ...response, status: 404 }
      throw refusalOf(question, response, options)
    }
  }
  const origin = () => {
    finding ??= findOrigin(options, authorization)
    return finding
  }
  const ask: Asker['ask'] = async (question, backoff) => {
    try {
      return await askAt(await origin(), question, backoff)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      const what = `There was no answer for ${question.what}: ${error.message}.`
      throw unreadable(what, error.remedy, error.cause)
    }
  }
  return { ask, origin }
}

type Authorization = ReturnType<typeof authorizationFor>

/** By https; a registry on loopback may speak plain http, as for docker. */
async function findOrigin(options: ConnectionOptions, authorization: Authorization) {
  const host = apiHost(options.repository.registry)
  const isAnonymous = options.credentials.kind === 'anonymous'
  if (isAnonymous && !isLoopback(host)) return `https://${host}`
  return ping(`https://${host}`, options, authorization).catch((error: unknown) => {
    const isPlain = error instanceof NoAnswerError && error.cause instanceof PlainHttpError
    if (!isPlain || !isLoopback(host)) throw error
    return isAnonymous ? `http://${host}` : ping(`http://${host}`, options, authorization)
  })
}

/** Without credentials first: registries hide from some accounts what they show to others. */
async function ping(origin: string, options: ConnectionOptions, { challenged }: Authorization) {
  const url = new URL(`${origin}/v2/`)
  const response = await options.transport.send({ method: 'GET', url, headers: {} })
  const { status } = response
  if (status === 401 && response.url.origin === origin && challenged(response, undefined)) return origin
  if (status === 401 || status === 404)
    throw unreadable(
      `${url} answered ${status}, not as a container registry.`,
      'Check the name of the registry.',
    )
  if (status !== 200) throw refusalOf({ method: 'GET', what: origin }, response, options)
  return origin
}
