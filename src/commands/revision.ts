import type { Build } from '../docker/build.ts'
import { type GitHubPorts, openGitHub } from '../github/client.ts'
import type { GitHubRepository } from '../github/repository.ts'
import { shortBackoff } from '../http/retry.ts'
import type { Log } from '../log.ts'
import { REVISION_LABEL } from '../registry/revision.ts'

/** What is needed to know the commit of a git tag. */
interface Revisable {
  readonly gitTag: string
  /** The commit, if the run is for the git tag. */
  readonly revision: string | undefined
  /** Where the commit is asked for, if the run is for something else. */
  readonly source: GitHubRepository | undefined
  readonly build: Build
}

/** What the commit is asked for with. */
interface RevisionPorts extends GitHubPorts {
  readonly log: Log
}

/**
 * The commit of a git tag that the run is not for, such as one given to a run by hand. Nothing if GitHub does
 * not tell: the image then lacks the label, and a later run can not know that it is from the same commit. Throws
 * `invalid-input` if there is no such git tag.
 */
const commitOf = async (
  { gitTag, source }: Revisable,
  { log, ...ports }: RevisionPorts,
): Promise<string | undefined> => {
  if (source === undefined) return undefined
  const github = await openGitHub(source, {
    ...ports,
    permissions: ['contents: read'],
    backoff: shortBackoff,
  })
  const commit = await github.commitOf(gitTag)
  if (commit.kind === 'found') return commit.sha
  if (commit.kind === 'absent') throw commit.error
  log.warning(
    'The commit of the git tag is not known',
    `The image gets no label ${REVISION_LABEL}, so that a re-run needs on-existing: reuse. ${commit.error.message}`,
  )
  return undefined
}

/** The same order with the commit of its git tag, which becomes a label of the image. */
export const withRevision = async <T extends Revisable>(request: T, ports: RevisionPorts): Promise<T> => {
  const revision = request.revision ?? (await commitOf(request, ports))
  if (revision === undefined) return request
  const { build } = request
  return {
    ...request,
    revision,
    build: { ...build, labels: [...build.labels, `${REVISION_LABEL}=${revision}`] },
  }
}
