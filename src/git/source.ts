import { ReleaseError } from '../errors.ts'
import type { Checkout, UnknownCommit } from './checkout.ts'

export type Source =
  /** The git tag's repository; it must be at `commit`, if known. */
  | (Pick<Checkout, 'head' | 'changed'> & { readonly kind: 'own'; readonly commit: string | undefined })
  /** Another repository, such as one that keeps Dockerfiles. */
  | (Pick<Checkout, 'head' | 'changed'> & { readonly kind: 'other'; readonly repository: string | undefined })
  | UnknownCommit

/** Without a `repository`, any checkout that has the git tag is of its repository. */
export function sourceOfCheckout(
  checkout: Checkout | UnknownCommit,
  { repository, commit }: { repository: string | undefined; commit: string | undefined },
): Source {
  if (checkout.kind === 'unknown') return checkout
  const { head, remotes, tagCommit, changed } = checkout
  return isOwn(checkout, repository)
    ? { kind: 'own', head, commit: commit ?? tagCommit, changed }
    : { kind: 'other', repository: remotes[0], head, changed }
}

/** Whether it is of the git tag's repository or of a fork, which has its tags and name. */
function isOwn({ remotes, tagCommit }: Checkout, repository: string | undefined) {
  if (repository === undefined) return tagCommit !== undefined
  const [, ...path] = repository.split('/')
  const leadsToIt = remotes.some(remote => {
    const [host = '', ...itsPath] = remote.split('/')
    // A host without a dot may be ssh's alias.
    return remote === repository || (!host.includes('.') && itsPath.join('/') === path.join('/'))
  })
  const isFork = remotes.length === 0 || remotes.some(remote => remote.split('/').at(-1) === path.at(-1))
  return leadsToIt || (tagCommit !== undefined && isFork)
}

export type TagCommit = { readonly kind: 'known'; readonly commit: string } | UnknownCommit

/** Unless a checkout of the git tag's repository is known to be at its commit. */
export function wrongCommit(
  { name, source }: { name: string; source: Source },
  { gitTag, tag }: { gitTag: string; tag: TagCommit },
): ReleaseError | undefined {
  if (source.kind !== 'own' || (tag.kind === 'known' && tag.commit === source.head)) return undefined
  const checkout = `The checkout${name === '.' ? '' : ` of ${name}`} is at ${source.head}`
  if (tag.kind === 'unknown')
    return new ReleaseError('commit-unreadable', {
      what: `${checkout}, and the commit of the git tag ${gitTag} is not known. ${tag.why}`,
      remedy: 'Check out with tags: fetch-tags: true for actions/checkout, or git fetch --tags.',
    })
  return new ReleaseError('wrong-commit', {
    what: `${checkout}, and the git tag ${gitTag} is ${tag.commit}.`,
    remedy: `Check out the git tag: "ref: refs/tags/${gitTag}" for actions/checkout, or git checkout ${gitTag}.`,
  })
}
