/** What the output of a docker command that failed means. The words are those of docker, BuildKit and podman. */

import { oneLine } from '../text.ts'

/** What is read of a command that failed. */
export interface Failed {
  /** The end of its output. */
  readonly tail: string
  /** The line of it that says most. */
  readonly lastLine: string
}

/** A hint of docker's where to read about a command, which stands below what went wrong. */
const HINT = /^(?:See|Run) '.*--help'|^Usage:/

/** The last line that begins with ERROR or "error", else the last line: docker says there what went wrong. It ends as a sentence does. */
export const tellingLine = (tail: string): string => {
  const lines = tail
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .filter(line => line !== '' && !HINT.test(line))
  const telling = oneLine(
    lines.findLast(line => /^(ERROR|error|Error)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing',
  )
  return /[.!?]$/.test(telling) ? telling : `${telling}.`
}

/** How docker, BuildKit and podman name one of some statuses: a number alone may be a size or a duration. */
const withStatus = (statuses: string): string =>
  `\\b(?:status(?: code)?|http|from registry)(?: from \\S+ request to)?(?: https?:\\S+)?:? (?:${statuses})\\b`

/** What docker and BuildKit say when the connection or the registry, not the request, was at fault. */
const PASSING = new RegExp(
  [
    // As `isRetryable` has them.
    withStatus('408|429|50[02-46-9]|5[1-9][0-9]'),
    'too ?many ?requests',
    'internal server error',
    'bad gateway',
    'service unavailable',
    'gateway time-?out',
    'connection (?:reset|refused|timed out)',
    'use of closed network connection',
    'server sent GOAWAY',
    'bad record MAC',
    'broken pipe',
    'unexpected EOF',
    ': EOF',
    'i/o timeout',
    'TLS handshake timeout',
    'deadline ?exceeded',
    'temporary failure in name resolution',
  ].join('|'),
  'i',
)

/** Whether docker failed for a reason that may pass. What a build printed before does not count. */
export const isRetryableFailure = ({ lastLine }: Pick<Failed, 'lastLine'>): boolean => PASSING.test(lastLine)

/** The step that failed, which BuildKit repeats between two rules: its name, and the last that it said. */
const failedStep = (tail: string): { name: string; said: string } => {
  const [, name = '', said = ''] = /^------\n > (.*):\n([\s\S]*?)^------$/m.exec(tail) ?? []
  return { name, said }
}

/** How many lines of a failed step an error quotes. */
const QUOTED_LINES = 5

/** The last lines of the step that failed, without the time in front of each. */
export const lastOfStep = (tail: string): string[] => {
  const lines = failedStep(tail)
    .said.split('\n')
    .map(line => line.replace(/^[0-9]+\.[0-9]+ /, ''))
  return lines
    .filter(line => line.trim() !== '')
    .slice(-QUOTED_LINES)
    .map(oneLine)
}

/** Where a step of BuildKit names the image that it asks a registry for. */
const BUILDKIT_PULLS = [
  /^\[.*\] load metadata for (\S+)$/,
  /^resolve image config for docker-image:\/\/(\S+)$/,
  /^\[.*\] FROM (\S+?)(?:@sha256:[0-9a-f]+)?$/,
]

/** Where the line that says most names it. */
const SAYS_IMAGE = [
  /resolve source metadata for (\S+): /,
  /invalid from flag value (\S+): /,
  /source docker:\/\/(\S+): /,
]

/** How a step of the legacy builder begins that pulls. The last one did not end. */
const LEGACY_PULLS = /^Step [0-9]+\/[0-9]+ : FROM (?:--\S+ )*(\S+)/i

const firstOf = (patterns: readonly RegExp[], text: string): string | undefined => {
  for (const pattern of patterns) {
    const [, found] = pattern.exec(text) ?? []
    if (found !== undefined) return found
  }
  return undefined
}

/** The image that a build failed to pull, whatever the reason. */
const notPulled = ({ tail, lastLine }: Failed): string | undefined =>
  firstOf(SAYS_IMAGE, lastLine) ??
  firstOf(BUILDKIT_PULLS, failedStep(tail).name) ??
  firstOf([LEGACY_PULLS], tail.split('\n').findLast(line => /^(?:Step [0-9]| ---> )/i.test(line)) ?? '')

/** What a registry's refusal of access looks like. */
const REFUSED =
  /access denied|access to the resource is denied|insufficient_scope|no basic auth credentials|authentication required|\bunauthorized\b|\b403 \(?forbidden/i

/** What a registry says of a push that it will refuse again: no right, no room, a tag that is fixed, nothing like that. */
const LASTING = new RegExp(
  [
    REFUSED.source,
    withStatus('40[0139]|41[23]'),
    '\\b(?:denied|immutable|quota|too large|does not allow updating)\\b',
    '\\bname[ _]unknown|\\b(?:name|tag|manifest)[ _]invalid',
    '\\b(?:repository|project)(?: \\S+)? not found',
  ].join('|'),
  'i',
)

/** Whether a push was refused for a reason that stays. */
export const isLastingRefusal = (failed: Pick<Failed, 'lastLine'>): boolean =>
  LASTING.test(failed.lastLine) && !isRetryableFailure(failed)

/**
 * The base image that the registry did not let docker pull, or does not have: to those who may not pull it, registries
 * say the same of both.
 */
export const refusedBaseImage = (failed: Failed): string | undefined =>
  REFUSED.test(failed.lastLine) && !isRetryableFailure(failed) ? notPulled(failed) : undefined

/**
 * A failure while the pushed bytes are on their way is one of the push, though one command does both: docker
 * calls it that, or the request that failed was one to the repository itself.
 */
export const isPushFailure = (failed: Failed, reference: string): boolean => {
  const { tail, lastLine } = failed
  // A base image may be in the same repository; what a step of the build says of a push is about another one.
  if (notPulled(failed) !== undefined || lastLine.includes('" did not complete')) return false
  const path = reference.slice(reference.indexOf('/') + 1, reference.lastIndexOf(':'))
  return (
    // The engine's own push, and BuildKit's, begin after the build; what breaks them may say nothing of a push.
    tail.includes(`pushing ${reference} with docker`) ||
    tail.includes(`pushing manifest for ${reference}@`) ||
    /failed to push|failed to authorize|push access denied|insufficient_scope/i.test(lastLine) ||
    lastLine.includes(`/v2/${path}/`)
  )
}

/**
 * Whether the build cache could not be written (`--cache-to`). That says nothing of the image: BuildKit writes both at the
 * same time since 0.28, one after the other before, and the steps that failed may be several.
 */
export const isCacheFailure = ({ tail }: Pick<Failed, 'tail'>): boolean =>
  /^------\n > exporting (?:\S+ )*cache\b.*:\n/im.test(tail)

/** An option that docker does not take as it is given, and what docker says of it. */
export interface RefusedOption {
  readonly option: string
  readonly why: string
}

const REFUSED_OPTION =
  /^(?:Error: )?((?:unknown flag: |invalid argument .* for "(?:-\w, )?)(--[a-z][\w-]*).*)$/m

/** The option among those given that docker refused. */
export const refusedOption = ({ tail }: Failed, options: readonly string[]): RefusedOption | undefined => {
  const [, why, option] = REFUSED_OPTION.exec(tail) ?? []
  if (why === undefined || option === undefined) return undefined
  return options.some(given => given.split('=', 1)[0] === option) ? { option, why } : undefined
}

/** Whether the disk of the machine that builds is full: docker says so, or the step that failed does. */
export const isDiskFull = ({ tail, lastLine }: Failed): boolean =>
  [lastLine, ...lastOfStep(tail), ...tail.trimEnd().split('\n').slice(-QUOTED_LINES)].some(line =>
    /no space left on device|disk quota exceeded/i.test(line),
  )
