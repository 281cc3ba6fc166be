import { basename, dirname } from 'node:path'
import type { Build } from '../docker/build.ts'
import { commitOf, inspectCheckout } from '../git/checkout.ts'
import { isAddress } from '../git/remote.ts'
import {
  mayBeOfFork,
  type Source,
  sourceOfAddress,
  sourceOfCheckout,
  type TagCommit,
  wrongCommit,
} from '../git/source.ts'
import type { Warning } from '../log.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, REVISION_LABEL } from '../registry/labels.ts'
import { oneLine } from '../text.ts'
import { fromWorkspace } from '../workspace-path.ts'
import type { TagRepository } from './request.ts'
import { askGitHub, type GitHubTools } from './tag-commit.ts'
import type { Run } from './tools.ts'

/** What is to be built for a git tag. */
interface ToBuild {
  readonly gitTag: string
  /** The commit of the git tag, if the run is for it. */
  readonly revision: string | undefined
  readonly source: TagRepository
  readonly build: Build
}

type SourceTools = Pick<Run, 'env' | 'signal' | 'log' | 'workspace'> & GitHubTools

/** What was compared with the git tag, and may be built. */
export interface Compared<T> {
  /** The same request, with the commit of the git tag and with labels that say which commits the image is of. */
  readonly request: T
  /** Says what the labels will not; for when it is built. */
  readonly warn: () => void
}

/** What is built, of one repository: the context, or a Dockerfile elsewhere. */
interface Part {
  /** As the caller names it. */
  readonly name: string
  readonly source: Source
}

/** Looks at the context, and at the Dockerfile if it is named on its own. */
const partsOf = async ({ gitTag, revision, source, build }: ToBuild, tools: SourceTools): Promise<Part[]> => {
  const { context, file } = build
  const known = { gitTag, repository: source.address, commit: revision }
  const asked = revision === undefined ? gitTag : undefined
  if (isAddress(context)) return [{ name: context, source: sourceOfAddress(context, known) }]
  const pathOf = (name: string): string => fromWorkspace(tools.workspace, name)
  const places = [
    { name: context, directory: pathOf(context), path: '.' },
    ...(file === undefined ? [] : [{ name: file, directory: dirname(pathOf(file)), path: basename(file) }]),
  ]
  return Promise.all(
    places.map(async ({ name, directory, path }) => {
      const seen = await inspectCheckout({ directory, path, gitTag: asked }, tools)
      const checkout =
        asked === undefined && mayBeOfFork(seen, source.address)
          ? { ...seen, tagCommit: await commitOf(directory, `refs/tags/${gitTag}`, tools) }
          : seen
      const found = sourceOfCheckout(checkout, known)
      if (found.kind !== 'own' || found.commit === undefined || found.commit === found.head) {
        return { name, source: found }
      }
      // For an annotated git tag, an event may name the tag's own object.
      const commit = await commitOf(directory, found.commit, tools)
      return { name, source: { ...found, commit: commit ?? found.commit } }
    }),
  )
}

const NOT_COMPARED =
  'What is built is no checkout that has it, and GitHub can not be asked. If it is one, fetch its tags (git fetch --tags).'

/** Throws `wrong-commit` unless what is checked out is the commit of the git tag. */
const requireCommit = (part: Part, tag: TagCommit, { gitTag, source }: ToBuild): void => {
  const error = wrongCommit({ ...part, gitTag, tag, checkout: source.checkout })
  if (error !== undefined) throw error
}

const MOST_NAMED = 10

/** What the labels of the image will not say. */
const warningsOf = (parts: readonly Part[], tag: TagCommit): Warning[] => {
  const changed = [
    ...new Set(parts.flatMap(({ source }) => (source.kind === 'unknown' ? [] : source.changed))),
  ]
  const named = changed.slice(0, MOST_NAMED).map(oneLine).join(', ')
  const more = changed.length > MOST_NAMED ? ` and ${changed.length - MOST_NAMED} more` : ''
  const unknown = parts.flatMap(({ name, source }) => {
    const about = name === '.' ? '' : `${name}: `
    if (source.kind === 'unknown') return [`${about}${source.why}`]
    const isNamed = source.kind === 'own' || source.repository !== undefined
    return isNamed ? [] : [`${about}the checkout has no remote that says which repository it is of`]
  })
  const all: (Warning | undefined)[] = [
    changed.length === 0
      ? undefined
      : {
          title: 'Files were changed after the checkout',
          message: `They are built as they are now, not as the commit has them: ${named}${more}.`,
        },
    unknown.length === 0
      ? undefined
      : {
          title: 'What is built was not compared with the git tag',
          message: `Nothing says which commit it is of. ${unknown.join('; ')}.`,
        },
    tag.kind === 'known'
      ? undefined
      : {
          title: 'The commit of the git tag is not known',
          message: `The image gets no label ${REVISION_LABEL}, so that another run needs on-existing: reuse. ${tag.why}`,
        },
  ]
  return all.filter(warning => warning !== undefined)
}

/** The labels that say which commit of another repository the Dockerfile is from. */
const contextLabels = (parts: readonly Part[]): string[] => {
  // The Dockerfile's, if it is not in the context.
  const { source } = parts.findLast(part => part.source.kind === 'other') ?? {}
  if (source?.kind !== 'other' || source.head === undefined) return []
  const { repository, head } = source
  return [
    ...(repository === undefined ? [] : [`${CONTEXT_SOURCE_LABEL}=https://${repository}`]),
    `${CONTEXT_REVISION_LABEL}=${head}`,
  ]
}

/**
 * Compares what is to be built with the git tag: a checkout of the git tag's own repository must be at its commit, one of
 * another repository is right as it is. Gives back the request with the commit of the git tag, and with labels that say
 * which commits the image is of.
 *
 * Throws `wrong-commit` if a checkout is at another commit than the git tag, or if that is not known; `invalid-input` if
 * GitHub knows no such git tag.
 */
export const compareSource = async <T extends ToBuild>(
  given: T,
  tools: SourceTools,
): Promise<Compared<T>> => {
  const parts = await partsOf(given, tools)
  const own = parts.find(({ source }) => source.kind === 'own')?.source
  const commit = (own?.kind === 'own' ? own.commit : undefined) ?? given.revision
  const tag: TagCommit =
    commit === undefined
      ? await askGitHub(given, tools, { mustExist: true, unasked: NOT_COMPARED })
      : { kind: 'known', commit }
  for (const part of parts) requireCommit(part, tag, given)
  const { build } = given
  const revision = tag.kind === 'known' ? tag.commit : undefined
  const labels = [
    ...build.labels,
    ...contextLabels(parts),
    ...(revision === undefined ? [] : [`${REVISION_LABEL}=${revision}`]),
  ]
  const warnings = warningsOf(parts, tag)
  return {
    request: { ...given, revision, build: { ...build, labels } },
    warn: () => {
      for (const { title, message } of warnings) tools.log.warning(title, message)
    },
  }
}
