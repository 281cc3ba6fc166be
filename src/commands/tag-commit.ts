import { knownFailure } from '../errors.ts'
import { commitToCheck } from '../gates/checks.ts'
import type { TagCommit } from '../git/source.ts'
import { openGitHub } from '../github/client.ts'
import { registryBackoff, shortBackoff } from '../http/retry.ts'
import type { VersionRequest } from './request.ts'
import type { Run } from './run.ts'

/**
 * The commit of a git tag, as the run has it, or GitHub. Where checks are required it must be known: images are compared with
 * what those are of.
 */
export async function commitOfTag(request: VersionRequest, run: Run): Promise<TagCommit> {
  const { revision, checks, decision } = request
  if (checks !== undefined)
    return { kind: 'known', commit: await commitToCheck(checks, { gitTag: decision.gitTag, revision }, run) }
  if (revision !== undefined) return { kind: 'known', commit: revision }
  return askGitHub(request, run, { mustExist: false, unasked: 'GitHub can not be asked.' })
}

/** Asks GitHub. With `mustExist`, throws `invalid-input` for a git tag that it does not know. */
export async function askGitHub(
  { decision, source }: Pick<VersionRequest, 'decision' | 'source'>,
  { transport }: Pick<Run, 'transport'>,
  { mustExist, unasked }: { mustExist: boolean; unasked: string },
): Promise<TagCommit> {
  if (source.github === undefined) return { kind: 'unknown', why: unasked }
  const backoff = mustExist ? registryBackoff : shortBackoff
  const options = { transport, permissions: ['contents: read'], backoff }
  try {
    const github = await openGitHub(source.github, options)
    return { kind: 'known', commit: await github.commitOf(decision.gitTag) }
  } catch (error) {
    const { name, message } = knownFailure(error)
    if (name === 'invalid-input' && mustExist) throw error
    return { kind: 'unknown', why: message }
  }
}
