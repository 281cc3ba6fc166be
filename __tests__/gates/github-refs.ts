/** Refs, tag objects and commits of a repository, as GitHub's REST API answers for them: "Get a reference", "Get a tag". */
import { createHash } from 'node:crypto'

interface GitObject {
  readonly type: 'commit' | 'tag'
  readonly sha: string
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

export const gitHubRefs = (repository: string) => {
  const commits = new Set<string>()
  const refs = new Map<string, GitObject>()
  const tags = new Map<string, GitObject & { name: string }>()
  const commitOf = (sha: string): GitObject => {
    commits.add(sha)
    return { type: 'commit', sha }
  }
  const shown = (object: GitObject) => ({
    ...object,
    url: `https://api.github.com/repos/${repository}/git/${object.type}s/${object.sha}`,
  })
  const peel = (object: GitObject | undefined): string | undefined =>
    object?.type === 'tag' ? peel(tags.get(object.sha)) : object?.sha
  return {
    /**
     * Makes a git tag, or moves it: of a commit of its own, or of the one that is given. An annotated one has a tag object
     * between, whose name is `sha`, a nested one has two; there is no commit of that name.
     */
    tag: (
      name: string,
      options: { commit?: string; annotated?: boolean; nested?: boolean } = {},
    ): { commit: string; sha: string } => {
      const { commit = sha1(`commit of ${name}`), annotated = false, nested = false } = options
      let object = commitOf(commit)
      for (let depth = nested ? 2 : Number(annotated); depth > 0; depth -= 1) {
        const sha = sha1(`tag ${name} of ${object.sha}`)
        tags.set(sha, { ...object, name })
        object = { type: 'tag', sha }
      }
      refs.set(`refs/tags/${name}`, object)
      return { commit, sha: object.sha }
    },
    /** Makes a branch of a commit of its own. */
    branch: (name: string): { commit: string } => {
      const { sha } = commitOf(sha1(`commit of the branch ${name}`))
      refs.set(`refs/heads/${name}`, { type: 'commit', sha })
      return { commit: sha }
    },
    /** One reference, by its whole name: `tags/2.3.4`, `heads/main`. */
    getRef: (name: string) => {
      const object = refs.get(`refs/${name}`)
      return object && { ref: `refs/${name}`, node_id: 'REF', object: shown(object) }
    },
    /** A tag object. */
    getTag: (sha: string) => {
      const object = tags.get(sha)
      return object && { tag: object.name, sha, node_id: 'TAG', message: '', object: shown(object) }
    },
    /** The commit of a name, of a git tag or of a branch, in this order, as git rev-parse(1) takes it. */
    resolve: (name: string): string | undefined =>
      commits.has(name)
        ? name
        : peel(['', 'tags/', 'heads/'].map(place => refs.get(`refs/${place}${name}`)).find(Boolean)),
  }
}
