import { ReleaseError } from '../errors.ts'
import type { Checkout, NoCheckout } from './checkout.ts'
import { isAddress, leadsTo, mayBeFork, type RepositoryAddress, repositoryAt } from './remote.ts'

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

/**
 * Whether a checkout is of the git tag's repository. One that has the git tag is, too, unless it is from a repository of
 * another name: a fork has the tags of its origin.
 */
const isOwn = ({ remotes, tagCommit }: Checkout, repository: RepositoryAddress | undefined): boolean => {
  if (repository === undefined) return tagCommit !== undefined
  if (remotes.some(remote => leadsTo(remote, repository))) return true
  if (tagCommit === undefined) return false
  return remotes.length === 0 || remotes.some(remote => mayBeFork(remote, repository))
}

/** Whether it depends on the git tag whether a checkout is of its repository: it may be of a fork. */
export const mayBeOfFork = (
  checkout: Checkout | NoCheckout,
  repository: RepositoryAddress | undefined,
): checkout is Checkout =>
  repository !== undefined &&
  checkout.kind === 'checkout' &&
  !checkout.remotes.some(remote => leadsTo(remote, repository)) &&
  checkout.remotes.some(remote => mayBeFork(remote, repository))

/** What a directory holds that git was asked about. */
export const sourceOfCheckout = (
  checkout: Checkout | NoCheckout,
  { repository, commit }: TagKnowledge,
): Source => {
  if (checkout.kind === 'none') return { kind: 'unknown', why: checkout.why }
  const { head, remotes, tagCommit, changed } = checkout
  return isOwn(checkout, repository)
    ? { kind: 'own', head, commit: commit ?? tagCommit, changed }
    : { kind: 'other', repository: remotes[0], head, changed }
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** What an address names of a repository. */
interface Ref {
  readonly name: string
  /** Whether it may be a git tag. */
  readonly mayBeTag: boolean
}

/** The refs that an address names: behind `#`, before a directory, or in its query. Source: docker, "Build context". */
const refsIn = (address: string): Ref[] => {
  const [beforeFragment = '', fragment = ''] = address.split('#', 2)
  const query = new URLSearchParams(beforeFragment.split('?', 2)[1] ?? '')
  const [ref = ''] = fragment.split(':', 1)
  const inQuery = ['ref', 'tag', 'branch', 'commit', 'checksum'].flatMap(field =>
    query.getAll(field).map(name => ({ name, mayBeTag: field === 'ref' || field === 'tag' })),
  )
  return [{ name: ref, mayBeTag: true }, ...inQuery].filter(({ name }) => name !== '')
}

const isTag = ({ name, mayBeTag }: Ref, gitTag: string): boolean =>
  mayBeTag && [gitTag, `tags/${gitTag}`, `refs/tags/${gitTag}`].includes(name)

/** What an address leads to that docker fetches itself. */
export const sourceOfAddress = (address: string, { gitTag, repository, commit }: TagKnowledge): Source => {
  const there = repositoryAt(address)
  const refs = refsIn(address)
  const named = refs.find(({ name }) => COMMIT.test(name))?.name
  const isOwn = repository !== undefined && `${there}/`.startsWith(`${repository}/`)
  if (there === undefined || !isOwn) return { kind: 'other', repository: there, head: named, changed: [] }
  const own = { kind: 'own', commit, changed: [] } as const
  // An archive or a file of it, which says in its own way what it is of.
  if (there !== repository) return { ...own, head: there.slice(repository.length + 1) }
  const wrong = refs.find(ref => !isTag(ref, gitTag) && !COMMIT.test(ref.name))?.name
  return { ...own, head: wrong ?? named ?? (refs.length === 0 ? 'its default branch' : undefined) }
}

/** The commit of the git tag, or why it is not known. */
export type TagCommit =
  | { readonly kind: 'known'; readonly commit: string }
  | { readonly kind: 'unknown'; readonly why: string }

/** What is built, as the caller names it, and the git tag that it has to be at. */
interface Judged {
  readonly name: string
  readonly source: Source
  readonly gitTag: string
  readonly tag: TagCommit
  /** How to get the git tag checked out, as a sentence. */
  readonly checkout: string
}

/** The error `wrong-commit` if something of the git tag's repository is at another commit, or that is not known. */
export const wrongCommit = ({ name, source, gitTag, tag, checkout }: Judged): ReleaseError | undefined => {
  if (source.kind !== 'own' || source.head === undefined) return undefined
  if (tag.kind === 'known' && tag.commit === source.head) return undefined
  const is = tag.kind === 'known' ? `is ${tag.commit}` : `is a commit that is not known: ${tag.why}`
  const remedy = isAddress(name)
    ? `Name the git tag in the address, as #${gitTag}, or its whole commit: docker takes no shorter one.`
    : checkout
  return new ReleaseError('wrong-commit', {
    what: `${isAddress(name) ? name : `The checkout${name === '.' ? '' : ` of ${name}`}`} is at ${source.head}, and the git tag ${gitTag} ${is}${is.endsWith('.') ? '' : '.'}`,
    remedy: `Nothing was built. ${remedy}`,
  })
}
