import type { Flag, InputOption } from './command.ts'

/** The options that say which policy decides. */
export const policyOptions: readonly InputOption[] = [
  { input: 'policy', value: 'preset or table' },
  { input: 'policy-file', value: 'path', means: 'The path of a file that holds the table of rules.' },
]

/** The options that say what is built, and how. */
export const buildOptions: readonly InputOption[] = [
  {
    input: 'context',
    value: 'path',
    means: 'What is built: a directory, or the address of a git repository.',
  },
  { input: 'file', value: 'path', means: 'The Dockerfile. Without it, Dockerfile in the context.' },
  { input: 'build-args', value: 'NAME=value', means: 'A build argument beside TAG=<tag>.', lines: true },
  { input: 'build-options', value: 'option', means: 'An option of docker buildx build.', lines: true },
  { input: 'labels', value: 'name=value', means: 'A label of the image.', lines: true },
]

/** The options of a command that publishes. */
export const publishOptions: readonly InputOption[] = [{ input: 'on-existing', value: 'what' }]

/** The option that says when stable tags are written. */
export const stableOption: readonly InputOption[] = [{ input: 'stable', value: 'when' }]

/** The option for records of decisions. */
export const recordOption: readonly InputOption[] = [
  {
    input: 'record',
    value: 'boolean',
    means: 'Whether a record of the decision is stored with an image that becomes stable, or shown.',
  },
]

/** The options of a command that waits for checks. */
export const checksOptions: readonly InputOption[] = [
  {
    input: 'require-checks',
    value: 'name',
    means:
      'A commit status or check run that must have passed on the commit of the git tag before stable tags are written.',
    lines: true,
  },
  { input: 'checks-timeout', value: 'time' },
]

/** The options of a command that waits for a package. */
const packageOptions: readonly InputOption[] = [
  {
    input: 'package',
    value: 'name',
    means: 'A project on a Python package index that is waited for, at the version of the git tag.',
  },
  { input: 'package-index', value: 'address' },
  { input: 'package-timeout', value: 'time' },
]

/** The option for an account at the registry. */
export const loginOptions: readonly InputOption[] = [{ input: 'username', value: 'name' }]

/** The options of a release, and of the plan of one. */
export const releaseOptions: readonly InputOption[] = [
  ...policyOptions,
  ...buildOptions,
  ...publishOptions,
  ...stableOption,
  ...packageOptions,
  ...checksOptions,
  ...recordOption,
  ...loginOptions,
]

/** The option for the digest of a published image. */
export const digestOption: readonly InputOption[] = [
  { input: 'digest', value: 'sha256:…', means: 'The digest that the published image must have.' },
]

/** How the password of the account comes, other than in the environment. */
export const loginFlags: readonly Flag[] = [
  { name: 'password-stdin', means: 'Reads the password of the account from standard input.' },
]
