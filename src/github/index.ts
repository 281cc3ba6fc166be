/**
 * octokit, as @actions/github configures it. It takes longer to load than all of the rest, so it is loaded when GitHub
 * is asked.
 */

/**
 * Imports it without what it reads of the environment while it is imported, and would print, throw at, or choose a
 * proxy by.
 */
const imported = async () => {
  const { GITHUB_EVENT_PATH, GITHUB_API_URL } = process.env
  delete process.env.GITHUB_EVENT_PATH
  process.env.GITHUB_API_URL = 'http://localhost'
  try {
    return await import(/* webpackMode: "eager" */ '@actions/github')
  } finally {
    if (GITHUB_EVENT_PATH !== undefined) process.env.GITHUB_EVENT_PATH = GITHUB_EVENT_PATH
    if (GITHUB_API_URL === undefined) delete process.env.GITHUB_API_URL
    else process.env.GITHUB_API_URL = GITHUB_API_URL
  }
}

const { getOctokit } = await imported()

export type Octokit = ReturnType<typeof getOctokit>

/** What octokit needs of `fetch`. */
export type OctokitFetch = (
  address: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => Promise<Response>

const silent = (): void => {}

/** An octokit that sends its requests by `fetch`, and writes nothing. */
export const octokitFor = ({
  token,
  baseUrl,
  fetch,
}: {
  token: string
  baseUrl: string
  fetch: OctokitFetch
}): Octokit => {
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  return getOctokit(token, { baseUrl, log, request: { fetch, log } })
}
