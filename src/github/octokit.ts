import type { HttpResponse } from '../http/transport.ts'

export type Octokit = Awaited<ReturnType<typeof openOctokit>>

type Send = (url: URL, headers: Readonly<Record<string, string>>) => Promise<HttpResponse>

/** octokit, as @actions/github configures it; it sends its requests so, and writes nothing. */
export async function openOctokit(token: string, baseUrl: string, send: Send) {
  importing ??= importGitHub()
  const { getOctokit } = await importing
  const fetch = async (address: string, { headers }: { headers: Record<string, string> }) => {
    const answer = await send(new URL(address), headers)
    return new Response(new Uint8Array(answer.body), {
      status: answer.status,
      headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, `${value}`]),
    })
  }
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  return getOctokit(token, { baseUrl, log, request: { fetch, log } })
}

/** Once, as the environment is another meanwhile. */
let importing: ReturnType<typeof importGitHub> | undefined

/**
 * Imports it when GitHub is asked, as that takes longer than all of the rest, and without what it reads of the
 * environment then, and would print, throw at, or choose a proxy by.
 */
async function importGitHub() {
  const { env } = process
  process.env = { ...env, GITHUB_EVENT_PATH: '', GITHUB_API_URL: 'http://localhost' }
  try {
    return await import(/* webpackMode: "eager" */ '@actions/github')
  } finally {
    process.env = env
  }
}
