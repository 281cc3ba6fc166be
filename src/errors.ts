/**
 * Every way in which a run can end red. The key is the error's stable name; `title` says what happened in
 * general, `cause` what usually brings it about.
 */
export const catalogue = {
  'invalid-input': {
    title: 'An input is not valid',
    cause: 'A value in `with:` is misspelt, out of range, or contradicts another.',
  },
  'invalid-policy': {
    title: 'The policy has mistakes',
    cause: 'The table in `policy` or `policy-file` can not be read as it is written.',
  },
  'tag-refused': {
    title: 'The policy gives this git tag no image',
    cause:
      'No rule matches the git tag, or what the rule gives can not be an image tag, or is the stable tag of another git tag.',
  },
  'wrong-commit': {
    title: 'The checkout is not at the commit of the git tag',
    cause: 'The job checked out a branch, or another git tag than the one that is released.',
  },
  'already-published': {
    title: 'The image tag is already there',
    cause: 'The version was released before, by this workflow or by something else.',
  },
  'package-missing': {
    title: 'The package is not on the index',
    cause: 'Its upload failed or is not finished, its version is another one, or it was yanked.',
  },
  'github-unreadable': {
    title: 'GitHub gave no usable answer',
    cause: 'The token of the job lacks permissions, or the GitHub API can not be reached.',
  },
  'checks-not-passed': {
    title: 'A required check has not passed',
    cause: 'It failed, still runs, or never ran on the commit of the git tag.',
  },
  'not-published': {
    title: 'The image is not published',
    cause: 'The version was never released, its release stopped early, or its image was deleted.',
  },
  'nothing-to-promote': {
    title: 'The policy has nothing to promote this git tag to',
    cause: 'The git tag is a candidate or another tag without stable image tags.',
  },
  'registry-unreadable': {
    title: 'The registry gave no usable answer',
    cause: 'The registry or the network between is down, overloaded, or answers something unexpected.',
  },
  'registry-denied': {
    title: 'The registry refused access',
    cause: 'Credentials are missing, wrong or expired, or the account lacks the right to do this.',
  },
  'registry-refused': {
    title: 'The registry refused to accept or to show the image',
    cause: 'A rule of the registry, such as immutability or its vulnerability policy, stands against it.',
  },
  'credentials-unreadable': {
    title: "Docker's stored credentials can not be read",
    cause: 'The configuration file is damaged, or the credential helper that it names is missing or fails.',
  },
  'docker-missing': {
    title: 'Docker can not be run',
    cause: 'There is no docker command on the runner, or its engine does not run.',
  },
  'login-failed': {
    title: 'docker login failed',
    cause: 'User name or password are wrong, the token has expired, or the registry can not be reached.',
  },
  'build-failed': {
    title: 'The image was not built',
    cause: 'A step of the Dockerfile failed, or docker could not be given what it needs.',
  },
  'image-missing': {
    title: 'The image was not built on this machine',
    cause: 'The command build was not run before push, or for another service, tag, registry or project.',
  },
  'stable-image-missing': {
    title: 'The stable image was not built on this machine',
    cause: 'The image was tagged by hand or by another policy, so that its stable tag is missing.',
  },
  'images-differ': {
    title: 'The local tags are not one image',
    cause: 'The tag and the stable tag were built one after the other, by two builds.',
  },
  'push-failed': {
    title: 'The image was not pushed',
    cause: 'The account may not write to the repository, or the connection to the registry broke.',
  },
  'cache-not-written': {
    title: 'The build cache was not written',
    cause:
      'The account may not write where the option --cache-to leads, or the builder can not keep a cache there.',
  },
  'not-as-planned': {
    title: 'The registry does not hold what was planned',
    cause: 'Something else wrote the same tag at the same time, or the registry lost or changed the image.',
  },
  'runner-unusable': {
    title: 'The runner can not be used',
    cause:
      'Its disk is full, or a directory or a file that it gives to a step is missing or can not be written.',
  },
  'outputs-not-written': {
    title: 'The outputs were not written',
    cause: 'The disk of the runner is full, or something removed its file for outputs during the run.',
  },
  interrupted: {
    title: 'The run was interrupted',
    cause: 'The job was cancelled, or somebody pressed Ctrl-C.',
  },
} as const satisfies Record<string, { title: string; cause: string }>

/** The stable name of an error; `docs/troubleshooting.md` has an entry for each. */
export type ErrorName = keyof typeof catalogue

/** A known failure, with its facts and its remedy. */
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

  /** The general sentence for this kind of error. */
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
