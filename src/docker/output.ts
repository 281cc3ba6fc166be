import { oneLine } from '../text.ts'

export interface Failed {
  readonly tail: string
  readonly lastLine: string
}

/** The last line that begins with "error", else the last line, as a sentence. */
export function tellingLine(tail: string) {
  const lines = tail
    .split(/[\r\n]+/)
    .map(line => line.trim())
    // Hints stand below what went wrong.
    .filter(line => line !== '' && !/^(?:See|Run) '.*--help'|^Usage:/.test(line))
  const telling = oneLine(
    lines.findLast(line => /^(ERROR|error|Error)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing',
  )
  return /[.!?]$/.test(telling) ? telling : `${telling}.`
}

/** One of some statuses: a number alone may be a size or a duration. */
export function withStatus(statuses: string) {
  return `\\b(?:status ?(?:code)?|http|from registry)(?: from \\S+ request to)?(?: https?:\\S+)?:? (?:${statuses})\\b`
}

const PASSING = new RegExp(
  [
    withStatus('408|429|50[02-46-9]|5[1-9][0-9]'),
    'too ?many ?requests|internal server error|bad gateway|service unavailable|gateway time-?out',
    'connection (?:reset|refused|timed out)|use of closed network connection|server sent GOAWAY|bad record MAC',
    'broken pipe|unexpected EOF|: EOF|i/o timeout|TLS handshake timeout|operation timed out|deadline ?exceeded',
    'Client\\.Timeout|timeout awaiting response headers',
    'temporary failure in name resolution',
  ].join('|'),
  'i',
)

/** Where the request was not at fault. */
export function isRetryableFailure({ lastLine }: Failed) {
  return PASSING.test(lastLine)
}

export const REFUSED =
  /access denied|access to the resource is denied|insufficient_scope|no basic auth credentials|authentication required|\bunauthorized\b|\b403 \(?forbidden/i

/** Without their times. */
export function lastOfStep(tail: string): string[] {
  return failedSteps(tail)
    .flatMap(({ said }) => said.split('\n'))
    .map(line => line.replace(/^[0-9]+\.[0-9]+ /, ''))
    .filter(line => line.trim() !== '')
    .slice(-5)
    .map(oneLine)
}

/** With their last lines, which BuildKit repeats between two rules. */
export function failedSteps(tail: string): { name: string; said: string }[] {
  const steps = tail.matchAll(/^------\n > (.*):\n([\s\S]*?)^------$/gm)
  return [...steps].map(([, name = '', said = '']) => ({ name, said }))
}

const SAYS_IMAGE = /(?:resolve source metadata for |invalid from flag value |source docker:\/\/)(\S+): /
const BUILDKIT_PULLS =
  /^(?:\[[^\]]*\] load metadata for |resolve image config for docker-image:\/\/|\[[^\]]*\] FROM )([^\s@]+)/
const LEGACY_PULLS = /^Step [0-9]+\/[0-9]+ : FROM (?:--\S+ )*(\S+)/i

export function imageNotPulled({ tail, lastLine }: Failed): string | undefined {
  const lastStep = tail.split('\n').findLast(line => /^Step [0-9]/i.test(line))
  const pulled = failedSteps(tail).flatMap(({ name }) => BUILDKIT_PULLS.exec(name)?.slice(1) ?? [])
  return SAYS_IMAGE.exec(lastLine)?.[1] ?? pulled[0] ?? LEGACY_PULLS.exec(lastStep ?? '')?.[1]
}
