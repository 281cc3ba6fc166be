import { type CheckedTag, type ChecksGate, type ChecksPorts, commitToCheck } from '../gates/checks.ts'
import type { TagCommit } from '../git/source.ts'
import { openGitHub } from '../github/client.ts'
import { shortBackoff } from '../http/retry.ts'
import type { TagRepository } from './request.ts'
import type { Backends } from './tools.ts'

/** What asks GitHub. */
export type GitHubTools = Pick<Backends, 'transport' | 'loadGitHub'>

/** A git tag, and where it is. */
interface Tag {
  readonly gitTag: string
  readonly source: TagRepository
}

/** Asks GitHub for the commit of the git tag. With `mustExist`, one that it does not know is an error, `invalid-input`. */
export const askGitHub = async (
  { gitTag, source }: Tag,
  { transport, loadGitHub }: GitHubTools,
  { mustExist, unasked }: { mustExist: boolean; unasked: string },
): Promise<TagCommit> => {
  if (source.github === undefined) return { kind: 'unknown', why: unasked }
  const options = { transport, loadGitHub, permissions: ['contents: read'], backoff: shortBackoff }
  const commit = await (await openGitHub(source.github, options)).commitOf(gitTag)
  if (commit.kind === 'found') return { kind: 'known', commit: commit.sha }
  if (commit.kind === 'absent' && mustExist) throw commit.error
  return { kind: 'unknown', why: commit.error.message }
}

/**
 * The commit of a git tag that is not built here, as the run has it, or GitHub. A git tag that GitHub does not know may be
 * another repository's. Where checks are required it must be known: what they are of is what the images are compared with.
 */
export const commitOfTag = async (
  given: Tag & CheckedTag & { readonly checks: ChecksGate | undefined },
  tools: ChecksPorts,
): Promise<TagCommit> => {
  const { revision, checks } = given
  if (checks !== undefined) return { kind: 'known', commit: await commitToCheck(checks, given, tools) }
  return revision === undefined
    ? askGitHub(given, tools, { mustExist: false, unasked: 'GitHub can not be asked.' })
    : { kind: 'known', commit: revision }
}
