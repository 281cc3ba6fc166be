import { dirname } from 'node:path'
import { type ProgramResult, run } from '../process/run.ts'

/** What a checkout says of the commit that an image is built from. */
export type Checkout =
  /** It is the git tag's commit, unchanged. */
  | { readonly kind: 'at-tag'; readonly revision: string }
  /** It has the git tag, and holds something else. */
  | { readonly kind: 'elsewhere'; readonly why: string }
  /** There is none, or it does not have the git tag. */
  | { readonly kind: 'unknown' }

/**
 * Compares the checkout that is built with the git tag. Only if nothing of what is built differs from the
 * tag's commit can the image be said to be of this commit. What git ignores does not count, as for git.
 */
export const inspectCheckout = async (
  { context, file, gitTag }: { context: string; file: string | undefined; gitTag: string },
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Checkout> => {
  const git = (directory: string, ...args: string[]): Promise<ProgramResult | undefined> =>
    run('git', ['-C', directory, '--no-optional-locks', '-c', 'core.fsmonitor=false', ...args], {
      env,
      signal,
    }).then(
      result => (result.exitCode === 0 ? result : undefined),
      () => {
        // No git, or no such directory.
        signal.throwIfAborted()
        return undefined
      },
    )
  const commits = await git(context, 'rev-parse', 'HEAD^{commit}', `refs/tags/${gitTag}^{commit}`)
  const [head, tagged] = commits?.stdout.split('\n') ?? []
  if (head === undefined || tagged === undefined) return { kind: 'unknown' }
  if (head !== tagged) return { kind: 'elsewhere', why: `it is at ${head}, and the git tag at ${tagged}` }
  const changed = async (directory: string, path: string): Promise<boolean> => {
    const status = await git(directory, 'status', '--porcelain', '--', path)
    return status === undefined || status.stdout !== ''
  }
  const isChanged =
    (await changed(context, '.')) || (file !== undefined && (await changed(dirname(file), file)))
  return isChanged
    ? { kind: 'elsewhere', why: 'it has changes that are not in the git tag' }
    : { kind: 'at-tag', revision: head }
}
