import type { HttpResponse } from '../http/transport.ts'

type Send = (url: URL, headers: Readonly<Record<string, string>>) => Promise<HttpResponse>

/** As @actions/github configures it, on our own transport and without a log. */
export async function openOctokit(token: string, baseUrl: string, send: Send) {
  importing ??= importGitHub()
  const { getOctokit } = await importing
  const fetch = async (address: string, { headers }: { headers: Record<string, string> }) => {
    const answer = await send(new URL(address), headers)
    return new Response(new Uint8Array(answer.body), {
      status: answer.status,
      headers: Object.entries(answer.headers).map(([name, value]) => [name, `${value}`]),
    })
  }
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  return getOctokit(token, { baseUrl, log, request: { fetch, log } })
}

/** Imported once: meanwhile the environment is another. */
let importing: ReturnType<typeof importGitHub> | undefined

/** Late, as it is slow, and without the variables that it would print, fail at, or choose a proxy by. */
async function importGitHub() {
  const { env } = process
  process.env = { ...env, GITHUB_EVENT_PATH: '', GITHUB_API_URL: 'http://localhost' }
  try {
    return await import(/* webpackMode: "eager" */ '@actions/github')
  } finally {
    process.env = env
  }
}
