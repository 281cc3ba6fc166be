/** What the output of a docker command that failed means. The words are those of docker, BuildKit and podman. */

import { oneLine } from '../text.ts'

/** What is read of a command that failed. */
interface Failed {
  /** The end of its output. */
  readonly tail: string
  /** The line of it that says most. */
  readonly lastLine: string
}

/** The last line that begins with ERROR or "error", else the last line: docker says there what went wrong. It ends as a sentence does. */
export function tellingLine(tail: string): string {
  const lines = tail
    .split(/[\r\n]+/)
    .map(line => line.trim())
    // A hint where to read about a command stands below what went wrong.
    .filter(line => line !== '' && !/^(?:See|Run) '.*--help'|^Usage:/.test(line))
  const telling = oneLine(
    lines.findLast(line => /^(ERROR|error|Error)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing',
  )
  return /[.!?]$/.test(telling) ? telling : `${telling}.`
}

/** How docker, BuildKit and podman name one of some statuses: a number alone may be a size or a duration. */
function withStatus(statuses: string): string {
  return `\\b(?:status(?: code)?|http|from registry)(?: from \\S+ request to)?(?: https?:\\S+)?:? (?:${statuses})\\b`
}

/** What docker and BuildKit say when the connection or the registry, not the request, was at fault. */
const PASSING = new RegExp(
  [
    // As `isRetryable` has them.
    withStatus('408|429|50[02-46-9]|5[1-9][0-9]'),
    'too ?many ?requests|internal server error|bad gateway|service unavailable|gateway time-?out',
    'connection (?:reset|refused|timed out)|use of closed network connection|server sent GOAWAY|bad record MAC',
    'broken pipe|unexpected EOF|: EOF|i/o timeout|TLS handshake timeout|deadline ?exceeded',
    'temporary failure in name resolution',
  ].join('|'),
  'i',
)

/** Whether docker failed for a reason that may pass. What a build printed before does not count. */
export function isRetryableFailure({ lastLine }: Pick<Failed, 'lastLine'>): boolean {
  return PASSING.test(lastLine)
}

/** What a registry's refusal of access looks like. */
const REFUSED =
  /access denied|access to the resource is denied|insufficient_scope|no basic auth credentials|authentication required|\bunauthorized\b|\b403 \(?forbidden/i

/** What a registry says of a push that it will refuse again: no right, no room, a tag that is fixed, nothing like that. */
const LASTING = new RegExp(
  [
    REFUSED.source,
    withStatus('40[0139]|41[23]'),
    '\\b(?:denied|immutable|quota|too large|does not allow updating)\\b',
    '\\bname[ _]unknown|\\b(?:name|tag|manifest)[ _]invalid|\\b(?:repository|project)(?: \\S+)? not found',
  ].join('|'),
  'i',
)

/** Whether a push was refused for a reason that stays. */
export function isLastingRefusal(failed: Pick<Failed, 'lastLine'>): boolean {
  return LASTING.test(failed.lastLine) && !isRetryableFailure(failed)
}

/**
 * A failure while the pushed bytes are on their way is one of the push, though one command does both: docker calls it that,
 * or the request that failed was one to the repository itself.
 */
export function isPushFailure(failed: Failed, reference: string): boolean {
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
export function isCacheFailure({ tail }: Pick<Failed, 'tail'>): boolean {
  return /^------\n > exporting (?:[^\n]* )?cache\b.*:\n/im.test(tail)
}

/**
 * The base image that the registry did not let docker pull, or does not have: to those who may not pull it, registries say
 * the same of both.
 */
export function refusedBaseImage(failed: Failed): string | undefined {
  return REFUSED.test(failed.lastLine) && !isRetryableFailure(failed) ? notPulled(failed) : undefined
}

/** Where the line that says most, the step of BuildKit that failed, and the last step of the legacy builder name an image that is pulled. */
const SAYS_IMAGE = /(?:resolve source metadata for |invalid from flag value |source docker:\/\/)(\S+): /
const BUILDKIT_PULLS =
  /^(?:\[[^\]]*\] load metadata for |resolve image config for docker-image:\/\/|\[[^\]]*\] FROM )([^\s@]+)/
const LEGACY_PULLS = /^Step [0-9]+\/[0-9]+ : FROM (?:--\S+ )*(\S+)/i

/** The image that a build failed to pull, whatever the reason. */
function notPulled({ tail, lastLine }: Failed): string | undefined {
  const lastStep = tail.split('\n').findLast(line => /^(?:Step [0-9]| ---> )/i.test(line))
  return (
    SAYS_IMAGE.exec(lastLine)?.[1] ??
    BUILDKIT_PULLS.exec(failedStep(tail).name)?.[1] ??
    LEGACY_PULLS.exec(lastStep ?? '')?.[1]
  )
}

/** The step that failed, which BuildKit repeats between two rules: its name, and the last that it said. */
function failedStep(tail: string): { name: string; said: string } {
  const [, name = '', said = ''] = /^------\n > (.*):\n([\s\S]*?)^------$/m.exec(tail) ?? []
  return { name, said }
}

/** How many lines of a failed step an error quotes. */
const QUOTED_LINES = 5

/** The last lines of the step that failed, without the time in front of each. */
export function lastOfStep(tail: string): string[] {
  const lines = failedStep(tail).said.split('\n')
  return lines
    .map(line => line.replace(/^[0-9]+\.[0-9]+ /, ''))
    .filter(line => line.trim() !== '')
    .slice(-QUOTED_LINES)
    .map(oneLine)
}

const REFUSED_OPTION =
  /^(?:Error: )?((?:unknown flag: |invalid argument .* for "(?:-\w, )?)(--[a-z][\w-]*).*)$/m

/** The option among those given that docker refused, and what docker says of it. */
export function refusedOption(
  { tail }: Pick<Failed, 'tail'>,
  options: readonly string[],
): { readonly option: string; readonly why: string } | undefined {
  const [, why, option] = REFUSED_OPTION.exec(tail) ?? []
  if (why === undefined || option === undefined) return undefined
  return options.some(given => given.split('=', 1)[0] === option) ? { option, why } : undefined
}

/** Whether the disk of the machine that builds is full: docker says so, or the step that failed does. */
export function isDiskFull({ tail, lastLine }: Failed): boolean {
  const lines = [lastLine, ...lastOfStep(tail), ...tail.trimEnd().split('\n').slice(-QUOTED_LINES)]
  return lines.some(line => /no space left on device|disk quota exceeded/i.test(line))
}
