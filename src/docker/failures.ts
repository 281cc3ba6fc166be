/** What the output of a docker command that failed means. The words are those of docker, BuildKit and podman. */

import { oneLine } from '../text.ts'

/** What is read of a command that failed: the end of its output, and the line of it that says most. */
interface Failed {
  readonly tail: string
  readonly lastLine: string
}

/** Where docker says what went wrong: the last line that begins with ERROR or "error", else the last line, as a sentence. */
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

/** Whether docker failed for a reason that may pass. What a build printed before does not count. */
export function isRetryableFailure({ lastLine }: Pick<Failed, 'lastLine'>): boolean {
  return PASSING.test(lastLine)
}

/** Whether a push was refused for a reason that stays. */
export function isLastingRefusal(failed: Pick<Failed, 'lastLine'>): boolean {
  return LASTING.test(failed.lastLine) && !isRetryableFailure(failed)
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

/** Whether the build cache could not be written (`--cache-to`). That says nothing of the image. */
export function isCacheFailure({ tail }: Pick<Failed, 'tail'>): boolean {
  return failedSteps(tail).some(({ name }) => /^exporting (?:.* )?cache\b/i.test(name))
}

/** The base image that the registry did not let docker pull, or does not have: registries say the same of both. */
export function refusedBaseImage(failed: Failed): string | undefined {
  return REFUSED.test(failed.lastLine) && !isRetryableFailure(failed) ? notPulled(failed) : undefined
}

/** The option that docker refused, if it is one of those given, in docker's words. */
export function refusedOption(
  { tail }: Pick<Failed, 'tail'>,
  options: readonly string[],
): string | undefined {
  const [, words = '', name] = REFUSED_OPTION.exec(tail) ?? []
  return options.some(option => option.split('=', 1)[0] === name) ? oneLine(words) : undefined
}

const REFUSED_OPTION =
  /^(?:Error: )?((?:unknown flag: |invalid argument .* for "(?:-\w, )?)(--[a-z][\w-]*).*)$/m

/** Whether the disk of the machine that builds is full: the step that failed says so, or docker at the end. */
export function isDiskFull({ tail }: Pick<Failed, 'tail'>): boolean {
  const lines = [...lastOfStep(tail), ...tail.trimEnd().split('\n').slice(-QUOTED_LINES)]
  return lines.some(line => /no space left on device|disk quota exceeded/i.test(line))
}

/** How many lines of a failed step an error quotes. */
const QUOTED_LINES = 5

/** The last lines of the step that failed, without the time in front of each. */
export function lastOfStep(tail: string): string[] {
  return failedSteps(tail)
    .flatMap(({ said }) => said.split('\n'))
    .map(line => line.replace(/^[0-9]+\.[0-9]+ /, ''))
    .filter(line => line.trim() !== '')
    .slice(-QUOTED_LINES)
    .map(oneLine)
}

/** The steps that failed, each of which BuildKit repeats between two rules: its name, and the last that it said. */
function failedSteps(tail: string): { name: string; said: string }[] {
  const steps = tail.matchAll(/^------\n > (.*):\n([\s\S]*?)^------$/gm)
  return [...steps].map(([, name = '', said = '']) => ({ name, said }))
}

/** Where the telling line, a failed step of BuildKit, and the last of the legacy builder name an image that is pulled. */
const SAYS_IMAGE = /(?:resolve source metadata for |invalid from flag value |source docker:\/\/)(\S+): /
const BUILDKIT_PULLS =
  /^(?:\[[^\]]*\] load metadata for |resolve image config for docker-image:\/\/|\[[^\]]*\] FROM )([^\s@]+)/
const LEGACY_PULLS = /^Step [0-9]+\/[0-9]+ : FROM (?:--\S+ )*(\S+)/i

/** The image that a build failed to pull, whatever the reason. */
function notPulled({ tail, lastLine }: Failed): string | undefined {
  const lastStep = tail.split('\n').findLast(line => /^Step [0-9]/i.test(line))
  const pulled = failedSteps(tail).flatMap(({ name }) => BUILDKIT_PULLS.exec(name)?.slice(1) ?? [])
  return SAYS_IMAGE.exec(lastLine)?.[1] ?? pulled[0] ?? LEGACY_PULLS.exec(lastStep ?? '')?.[1]
}
