import type { Checkout, NoCheckout } from './checkout.ts'
import { type RepositoryAddress, repositoryAt } from './remote.ts'

/** What a run knows of the git tag that it releases. */
export interface TagKnowledge {
  readonly gitTag: string
  /** The repository that the git tag is of; without it, any checkout that has the tag is of that repository. */
  readonly repository: RepositoryAddress | undefined
  /** The commit of the git tag, if the run is for it. */
  readonly commit: string | undefined
}

/** What is built, beside the git tag. */
export type Source =
  /** The git tag's repository: `commit` is what it must be at, as far as that is known without asking. */
  | {
      readonly kind: 'own'
      /** What is checked out, or named; nothing if an address names the git tag itself. */
      readonly head: string | undefined
      readonly commit: string | undefined
      readonly changed: readonly string[]
    }
  /** Another repository, such as one that keeps Dockerfiles. */
  | {
      readonly kind: 'other'
      readonly repository: RepositoryAddress | undefined
      readonly head: string | undefined
      readonly changed: readonly string[]
    }
  | { readonly kind: 'unknown'; readonly why: string }

/** What a directory holds that git was asked about. */
export const sourceOfCheckout = (
  checkout: Checkout | NoCheckout,
  { repository, commit }: TagKnowledge,
): Source => {
  if (checkout.kind === 'none') return { kind: 'unknown', why: checkout.why }
  const { head, remotes, tagCommit, changed } = checkout
  const isOwn = repository === undefined ? tagCommit !== undefined : remotes.includes(repository)
  return isOwn
    ? { kind: 'own', head, commit: commit ?? tagCommit, changed }
    : { kind: 'other', repository: remotes[0], head, changed }
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** The refs that an address names: behind `#`, before a directory, or in its query. Source: docker, "Build context". */
const refsIn = (address: string): string[] => {
  const [beforeFragment = '', fragment = ''] = address.split('#', 2)
  const query = new URLSearchParams(beforeFragment.split('?', 2)[1] ?? '')
  const [ref = ''] = fragment.split(':', 1)
  return [ref, ...['ref', 'tag', 'branch', 'commit', 'checksum'].map(name => query.get(name) ?? '')].filter(
    each => each !== '',
  )
}

/** What an address leads to that docker fetches itself. */
export const sourceOfAddress = (address: string, { gitTag, repository, commit }: TagKnowledge): Source => {
  const there = repositoryAt(address)
  const refs = refsIn(address)
  const named = refs.find(ref => COMMIT.test(ref))
  if (there === undefined || repository === undefined || there !== repository) {
    return { kind: 'other', repository: there, head: named, changed: [] }
  }
  const namesTag = refs.some(
    ref => ref === gitTag || ref === `refs/tags/${gitTag}` || ref === `tags/${gitTag}`,
  )
  const head = namesTag && named === undefined ? undefined : (named ?? refs[0] ?? 'its default branch')
  return { kind: 'own', head, commit, changed: [] }
}
