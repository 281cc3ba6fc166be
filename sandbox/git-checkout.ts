import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Nothing of the machine's or the user's configuration of git. */
const env = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Sample',
  GIT_AUTHOR_EMAIL: 'sample@example.org',
  GIT_COMMITTER_NAME: 'Sample',
  GIT_COMMITTER_EMAIL: 'sample@example.org',
}

/** Runs git in a directory; gives back what it prints, trimmed. Throws if it fails. */
export const git = async (directory: string, ...args: readonly string[]): Promise<string> =>
  (await execute('git', ['-C', directory, ...args], { env })).stdout.trim()

/** Commits all that lies in a directory. Gives back the commit. */
export const commitAll = async (directory: string, message = 'Change'): Promise<string> => {
  await git(directory, 'add', '--all')
  await git(directory, 'commit', '--quiet', '--allow-empty', '--message', message)
  return git(directory, 'rev-parse', 'HEAD')
}

/**
 * Makes a directory, with all that lies there, a checkout of a repository at one commit, as actions/checkout leaves it.
 * Gives back the commit.
 */
export const makeCheckout = async (directory: string, remote: string): Promise<string> => {
  await mkdir(directory, { recursive: true })
  await git(directory, 'init', '--quiet', '--initial-branch=main')
  await git(directory, 'remote', 'add', 'origin', remote)
  return commitAll(directory)
}
