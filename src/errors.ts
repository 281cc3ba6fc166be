import { oneLine } from './text.ts'

/** docs/troubleshooting.md explains each. */
export const errorTitles = {
  'invalid-input': 'An input is not valid',
  'invalid-policy': 'The policy has mistakes',
  'tag-refused': 'The policy gives this git tag no image',
  'wrong-commit': 'The checkout is not at the commit of the git tag',
  'commit-unreadable': 'The commit could not be read',
  'wrong-origin': "The image is not of the git tag's commit",
  'already-published': 'The image tag is already there',
  'package-missing': 'The package is not on the index',
  'index-unreadable': 'The package index gave no usable answer',
  'github-unreadable': 'GitHub gave no usable answer',
  'checks-not-passed': 'A required check has not passed',
  'not-published': 'The image is not published',
  'not-ready': 'Not all services are ready',
  'nothing-to-promote': 'There is nothing to promote',
  'registry-unreadable': 'The registry gave no usable answer',
  'registry-denied': 'The registry refused access',
  'registry-refused': 'The registry refused to accept or to show the image',
  'credentials-unreadable': "Docker's stored credentials can't be read",
  'docker-missing': 'Docker is not available',
  'skopeo-missing': 'skopeo can not copy images',
  'login-failed': 'docker login failed',
  'build-failed': 'The build failed',
  'image-missing': 'The image was not built on this machine',
  'stable-image-missing': 'The stable image was not built on this machine',
  'images-differ': 'The local tags are different images',
  'push-failed': 'The push failed',
  'mirror-incomplete': 'The image is published, but not in every mirror',
  'cache-not-written': 'The build cache was not written',
  'not-as-planned': 'The registry does not hold what was planned',
  'runner-unusable': "The runner can't be used",
  'outputs-not-written': 'The outputs were not written',
  interrupted: 'The run was interrupted',
} as const

export type ErrorName = keyof typeof errorTitles

export class ReleaseError extends Error {
  override readonly name: ErrorName
  /** What happened, in sentences. */
  readonly what: string
  /** What the reader can do, in sentences. */
  readonly remedy: string

  constructor(name: ErrorName, { what, remedy, cause }: { what: string; remedy: string; cause?: unknown }) {
    // A reason that is quoted may have its own full stop.
    const facts = what.replace(/(?<=\w)\.\.(?=\s|$)/g, '.')
    super(`${facts}${facts.endsWith('\n') ? '' : ' '}${remedy}`, { cause })
    this.name = name
    this.what = facts
    this.remedy = remedy
  }

  get title(): string {
    return errorTitles[this.name]
  }
}

/** The failure of one of several things; what ends the run is thrown again. */
export const knownFailure = (error: unknown): ReleaseError => {
  if (error instanceof ReleaseError && error.name !== 'interrupted') return error
  throw error
}

/** `runner-unusable` if the system refused to read or write a file; else the same error. */
export function asRunnerFault(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error
  const remedy = 'Check its disk, then run the job again.'
  return runnerUnusable('The runner refused to read or write a file', remedy, error)
}

export function runnerUnusable(what: string, remedy: string, cause: unknown): ReleaseError {
  return new ReleaseError('runner-unusable', {
    what: oneLine(`${what}: ${messageOf(cause)}.`),
    remedy,
    cause,
  })
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Outermost first. */
export const causesOf = (error: unknown): readonly string[] => {
  if (error === undefined) return []
  const said = error instanceof ReleaseError ? error.what : messageOf(error)
  return [said, ...causesOf(error instanceof Error ? error.cause : undefined)]
}
