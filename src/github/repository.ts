/** Where a repository's commits are asked for. */
export interface GitHubRepository {
  /** `https://api.github.com`, or that of a GitHub Enterprise Server. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly name: string
  readonly token: string
}
