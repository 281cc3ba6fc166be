/** All known failures of a run. The key is the error's stable name; `title` says what failed, `cause` the usual reason. */
export const catalogue = {
  'invalid-input': {
    title: 'An input is not valid',
    cause: 'A value in `with:` is misspelt, out of range, or contradicts another.',
  },
  'invalid-policy': {
    title: 'The policy has mistakes',
    cause: 'A rule in `policy` or `policy-file` is not valid.',
  },
  'tag-refused': {
    title: 'The policy gives this git tag no image',
    cause:
      'No rule matches the git tag, or its image tag would not be valid, or it is the stable tag of another git tag.',
  },
  'wrong-commit': {
    title: 'The checkout is not at the commit of the git tag',
    cause: 'The job checked out a branch, or a git tag other than the released one.',
  },
  'wrong-origin': {
    title: "The image is not of the git tag's commit",
    cause: 'It was built from another commit or repository, or does not say from which.',
  },
  'already-published': {
    title: 'The image tag is already there',
    cause: 'The version was released before, by this workflow or by something else.',
  },
  'package-missing': {
    title: 'The package is not on the index',
    cause: 'Its upload failed or is not finished, it has another version, or it was yanked.',
  },
  'github-unreadable': {
    title: 'GitHub gave no usable answer',
    cause: "The token lacks permissions, or the GitHub API can't be reached.",
  },
  'checks-not-passed': {
    title: 'A required check has not passed',
    cause: 'It failed, is still running, or never ran on the commit of the git tag.',
  },
  'not-published': {
    title: 'The image is not published',
    cause: 'The version was never released, its release stopped early, or its image was deleted.',
  },
  'not-ready': {
    title: 'Not all services are ready',
    cause: 'One of them is not published, is of another commit, or the account may not write there.',
  },
  'nothing-to-promote': {
    title: 'There is nothing to promote',
    cause: 'The policy gives this git tag no stable tags: it is a candidate, for example.',
  },
  'registry-unreadable': {
    title: 'The registry gave no usable answer',
    cause: 'The registry or the network is down or overloaded, or the answer was unexpected.',
  },
  'registry-denied': {
    title: 'The registry refused access',
    cause: 'The credentials are missing, wrong or expired, or the account lacks a permission.',
  },
  'registry-refused': {
    title: 'The registry refused to accept or to show the image',
    cause: 'A rule of the registry forbids it, such as immutability or its vulnerability policy.',
  },
  'credentials-unreadable': {
    title: "Docker's stored credentials can't be read",
    cause:
      "Docker's configuration file is damaged, or the credential helper named there is missing or fails.",
  },
  'docker-missing': {
    title: 'Docker is not available',
    cause: 'The runner has no docker command, or the engine is not running.',
  },
  'login-failed': {
    title: 'docker login failed',
    cause: "The user name or password is wrong, the token has expired, or the registry can't be reached.",
  },
  'build-failed': {
    title: 'The image was not built',
    cause: 'A step of the Dockerfile failed, or docker could not get what it needs, such as a base image.',
  },
  'image-missing': {
    title: 'The image was not built on this machine',
    cause:
      'The command `build` did not run before `push`, or ran for another service, tag, registry or project.',
  },
  'stable-image-missing': {
    title: 'The stable image was not built on this machine',
    cause: 'The image was tagged by hand or built with another policy, so it has no stable tag.',
  },
  'images-differ': {
    title: 'The local tags are different images',
    cause: 'The tag and the stable tag come from two builds.',
  },
  'push-failed': {
    title: 'The image was not pushed',
    cause: 'The account may not write to the repository, or the connection to the registry broke.',
  },
  'cache-not-written': {
    title: 'The build cache was not written',
    cause:
      "The account may not write to the place that --cache-to names, or the builder can't export a cache there.",
  },
  'not-as-planned': {
    title: 'The registry does not hold what was planned',
    cause: 'Something else wrote the same tag at the same time, or the registry lost or changed the image.',
  },
  'runner-unusable': {
    title: "The runner can't be used",
    cause: 'Its disk is full, or a directory or file that a step needs is missing or not writable.',
  },
  'outputs-not-written': {
    title: 'The outputs were not written',
    cause: "The runner's disk is full, or something removed its file for outputs during the run.",
  },
  interrupted: {
    title: 'The run was interrupted',
    cause: 'The job was cancelled, or somebody pressed Ctrl-C.',
  },
} as const satisfies Record<string, { title: string; cause: string }>

/** The stable name of an error; `docs/troubleshooting.md` has an entry for each. */
export type ErrorName = keyof typeof catalogue

/** A known failure, and how to fix it (`remedy`). */
export class ReleaseError extends Error {
  override readonly name: ErrorName
  /** What happened, with the facts, as one or more sentences. */
  readonly what: string
  /** What the reader can do, as a sentence. */
  readonly remedy: string

  constructor(name: ErrorName, { what, remedy, cause }: { what: string; remedy: string; cause?: unknown }) {
    super(`${what}${what.endsWith('\n') ? '' : ' '}${remedy}`, cause === undefined ? undefined : { cause })
    this.name = name
    this.what = what
    this.remedy = remedy
  }

  /** What failed, in general. */
  get title(): string {
    return catalogue[this.name].title
  }
}

/** The message of an error. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The messages of an error and of everything that caused it, outermost first. */
export const causesOf = (error: unknown): readonly string[] => {
  const messages: string[] = []
  for (let cause = error; cause !== undefined && messages.length < 8; ) {
    messages.push(messageOf(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return messages
}
