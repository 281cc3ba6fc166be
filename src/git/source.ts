import { ReleaseError } from '../errors.ts'
import type { Checkout, NoCheckout } from './checkout.ts'
import type { RepositoryAddress } from './remote.ts'

/** What is built, beside the git tag. */
export type Source =
  /** The git tag's repository: `commit` is what it must be at, as far as that is known without asking. */
  | {
      readonly kind: 'own'
      readonly head: string
      readonly commit: string | undefined
      readonly changed: readonly string[]
    }
  /** Another repository, such as one that keeps Dockerfiles. */
  | {
      readonly kind: 'other'
      readonly repository: RepositoryAddress | undefined
      readonly head: string
      readonly changed: readonly string[]
    }
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * What a directory holds, beside the repository of the git tag and its commit, as far as the run knows them. Without a
 * repository, any checkout that has the tag is of it.
 */
export function sourceOfCheckout(
  checkout: Checkout | NoCheckout,
  { repository, commit }: { repository: RepositoryAddress | undefined; commit: string | undefined },
): Source {
  if (checkout.kind === 'none') return { kind: 'unknown', why: checkout.why }
  const { head, remotes, tagCommit, changed } = checkout
  return isOwn(checkout, repository)
    ? { kind: 'own', head, commit: commit ?? tagCommit, changed }
    : { kind: 'other', repository: remotes[0], head, changed }
}

/**
 * Whether a checkout is of the git tag's repository. One that has the git tag is, too, unless it is from a repository of
 * another name: a fork has the tags of its origin.
 */
function isOwn({ remotes, tagCommit }: Checkout, repository: RepositoryAddress | undefined): boolean {
  if (repository === undefined) return tagCommit !== undefined
  const [, ...path] = repository.split('/')
  const leadsToIt = remotes.some(remote => {
    const [host = '', ...itsPath] = remote.split('/')
    // A host without a dot may be any: the configuration of ssh says which.
    return remote === repository || (!host.includes('.') && itsPath.join('/') === path.join('/'))
  })
  const isFork = remotes.length === 0 || remotes.some(remote => remote.split('/').at(-1) === path.at(-1))
  return leadsToIt || (tagCommit !== undefined && isFork)
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
}

/** The error `wrong-commit` if something of the git tag's repository is at another commit, or that is not known. */
export function wrongCommit({ name, source, gitTag, tag }: Judged): ReleaseError | undefined {
  if (source.kind !== 'own' || (tag.kind === 'known' && tag.commit === source.head)) return undefined
  const is = tag.kind === 'known' ? `is ${tag.commit}.` : `is a commit that is not known: ${tag.why}`
  return new ReleaseError('wrong-commit', {
    what: `The checkout${name === '.' ? '' : ` of ${name}`} is at ${source.head}, and the git tag ${gitTag} ${is}`,
    remedy: `Check out the git tag: in a workflow, give actions/checkout "ref: refs/tags/${gitTag}"; elsewhere, git checkout ${gitTag}.`,
  })
}
