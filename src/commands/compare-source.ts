import { basename, dirname } from 'node:path'
import { commitOf, inspectCheckout } from '../git/checkout.ts'
import { type Source, sourceOfCheckout, type TagCommit, wrongCommit } from '../git/source.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, REVISION_LABEL } from '../registry/labels.ts'
import { oneLine } from '../text.ts'
import { fromWorkspace } from '../workspace-path.ts'
import type { BuildingRequest } from './request.ts'
import type { Run } from './run.ts'
import { askGitHub } from './tag-commit.ts'

/** The context, or a Dockerfile elsewhere. */
interface Part {
  /** As the caller names it. */
  readonly name: string
  readonly source: Source
}

/**
 * Compares what is to be built with the git tag: a checkout of the git tag's own repository must be at its commit, one of
 * another repository is right as it is. The request gets the commit and labels; warnings are shown if it is built. Throws
 * `wrong-commit` if a checkout is at another commit than the git tag, `commit-unreadable` if that is not known,
 * `invalid-input` if GitHub knows no such git tag.
 */
export async function compareSource<T extends BuildingRequest>(given: T, run: Run) {
  const { build, decision } = given
  const parts = await partsOf(given, run)
  const tag = await commitOfParts(given, parts, run)
  for (const part of parts) {
    const error = wrongCommit(part, { gitTag: decision.gitTag, tag })
    if (error !== undefined) throw error
  }
  const revision = tag.kind === 'known' ? tag.commit : undefined
  const ofTag = revision === undefined ? [] : [`${REVISION_LABEL}=${revision}`]
  const labels = [...build.labels, ...contextLabels(parts), ...ofTag]
  return { request: { ...given, revision, build: { ...build, labels } }, warnings: warningsOf(parts, tag) }
}

async function partsOf({ revision, source, build, decision }: BuildingRequest, run: Run): Promise<Part[]> {
  const { gitTag } = decision
  const known = { repository: source.address, commit: revision }
  const { context, file } = build
  const pathOf = (name: string): string => fromWorkspace(run.workspace, name)
  const places = [
    { name: context, directory: pathOf(context), path: '.' },
    ...(file === undefined ? [] : [{ name: file, directory: dirname(pathOf(file)), path: basename(file) }]),
  ]
  return Promise.all(
    places.map(async ({ name, directory, path }) => {
      const found = sourceOfCheckout(await inspectCheckout({ directory, path, gitTag }, run), known)
      if (found.kind !== 'own' || found.commit === undefined) return { name, source: found }
      // For an annotated git tag, an event may name the tag's own object.
      const commit = await commitOf(directory, found.commit, run)
      return { name, source: { ...found, commit: commit ?? found.commit } }
    }),
  )
}

async function commitOfParts(given: BuildingRequest, parts: readonly Part[], run: Run): Promise<TagCommit> {
  const own = parts.map(({ source }) => source).find(source => source.kind === 'own')
  const commit = own?.commit ?? given.revision
  if (commit !== undefined) return { kind: 'known', commit }
  const unasked =
    'No checkout that is built has the git tag (git fetch --tags), and GitHub is asked only with GITHUB_REPOSITORY and GITHUB_TOKEN.'
  return askGitHub(given, run, { mustExist: true, unasked })
}

/** The commit of another repository that has the Dockerfile. */
function contextLabels(parts: readonly Part[]) {
  // The Dockerfile's, if it is not in the context.
  const { source } = parts.findLast(part => part.source.kind === 'other') ?? {}
  if (source?.kind !== 'other') return []
  const { repository, head } = source
  return [
    ...(repository === undefined ? [] : [`${CONTEXT_SOURCE_LABEL}=https://${repository}`]),
    `${CONTEXT_REVISION_LABEL}=${head}`,
  ]
}

const MOST_NAMED = 10

function warningsOf(parts: readonly Part[], tag: TagCommit) {
  const changed = [
    ...new Set(parts.flatMap(({ source }) => (source.kind === 'unknown' ? [] : source.changed))),
  ]
  const named = changed.slice(0, MOST_NAMED).map(oneLine).join(', ')
  const more = changed.length > MOST_NAMED ? ` and ${changed.length - MOST_NAMED} more` : ''
  const why = parts.flatMap(({ name, source }) => {
    if (source.kind === 'unknown') return [`${name}: ${source.why}`]
    const isNamed = source.kind === 'own' || source.repository !== undefined
    return isNamed ? [] : [`${name}: the checkout has no remote that says which repository it is of`]
  })
  const unlabelled = `The image gets no label ${REVISION_LABEL}, so that another run needs on-existing: reuse.`
  const all = [
    changed.length > 0 && {
      title: 'Files were changed after the checkout',
      message: `They are built as they are now, not as the commit has them: ${named}${more}.`,
    },
    tag.kind === 'known' &&
      why.length > 0 && {
        title: 'What is built was not compared with the git tag',
        message: `${why.join('; ')}.`,
      },
    tag.kind !== 'known' && {
      title: 'The commit of the git tag is not known',
      message: `${[...why, tag.why].join('; ')} ${unlabelled}`,
    },
  ]
  return all.filter(warning => warning !== false)
}
