import type { Build } from '../docker/build.ts'
import type { Repository } from '../registry/reference.ts'
import { buildOptionsOf } from './build-options.ts'
import type { Caller } from './caller.ts'
import type { Context } from './context.ts'
import { invalidFor, invalidLine } from './invalid.ts'
import { linesOf, type NumberedLine, numberedLinesOf } from './lines.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'
import { all, every, map, mistaken, type Validated, valid } from './validated.ts'

const buildArgOf = ({ number, line }: NumberedLine, caller: Caller): Validated<string> => {
  const { spell, list } = caller
  const name = line.split('=', 1)[0] ?? ''
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
    const problem = 'it does not begin with the name of a build argument'
    return mistaken(invalidLine(caller)('build-args', number, problem, `Write ${list.one('NAME=value')}.`))
  }
  if (name !== 'TAG') return valid(line)
  const remedy = `${list.leaveOut}, or use ${spell('tag')}.`
  return mistaken(invalidFor(caller)('build-args', 'TAG', 'it is always the git tag', remedy))
}

/** What in a value looks as if it were meant for something else. Values may be secrets: they are not repeated. */
const oddity = (value: string): string | undefined => {
  const [, other] = /[\s,]([A-Za-z_][A-Za-z0-9_]*)=/.exec(value) ?? []
  if (other !== undefined) return `its value goes on with ${other}=, which is no build argument of its own`
  return /^(["']).*\1$/.test(value) ? 'the quotes around its value are part of it' : undefined
}

/** What may be a mistake in the build arguments, one a line; nothing if there is none. */
export const buildArgWarnings = (text: string, { list }: Caller): string | undefined => {
  const odd = linesOf(text).flatMap(argument => {
    const [name = '', ...value] = argument.split('=')
    const why = oddity(value.join('='))
    return why === undefined ? [] : [`${name}: ${why}.`]
  })
  return odd.length === 0
    ? undefined
    : [...odd, `Write ${list.one('NAME=value')}, without quotes.`].join('\n')
}

const OWN_LABELS = 'org.opencontainers.image.'

/** What the image says of itself: image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys". */
const ownLabels = (service: string, gitTag: string, url: string | undefined): ReadonlyMap<string, string> => {
  return new Map(
    Object.entries({
      title: service,
      version: gitTag,
      source: url,
      'ref.name': gitTag,
      url:
        url === undefined ? undefined : `${url}/tree/${gitTag.split('/').map(encodeURIComponent).join('/')}`,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[`${OWN_LABELS}${name}`, value] as const])),
  )
}

const labelOf = (
  { number, line }: NumberedLine,
  caller: Caller,
): Validated<readonly [name: string, value: string]> => {
  const { list } = caller
  const equals = line.indexOf('=')
  const name = line.slice(0, equals)
  if (equals < 1 || /\s/.test(name)) {
    const remedy = `Write ${list.one('name=value')}.`
    return mistaken(invalidLine(caller)('labels', number, 'it is not name=value', remedy))
  }
  if (name !== `${OWN_LABELS}revision` && name !== `${OWN_LABELS}version`) {
    return valid([name, line.slice(equals + 1)])
  }
  const problem = 'it says what was released and is set by the action'
  return mistaken(invalidFor(caller)('labels', name, problem, `${list.leaveOut}.`))
}

/** What a build depends on beside its own inputs, as far as that is known. */
interface BuildFor {
  readonly run: RunContext
  readonly context: Validated<Context>
  readonly gitTag: Validated<string>
  readonly repository: Validated<Repository>
  readonly caller: Caller
}

/** What is built, and how. */
export const buildOf = (
  texts: InputTexts,
  { run, context, gitTag, repository, caller }: BuildFor,
): Validated<Build> => {
  const parts = all({
    gitTag,
    context,
    args: every(numberedLinesOf(texts['build-args']).map(line => buildArgOf(line, caller))),
    labels: every(numberedLinesOf(texts.labels).map(line => labelOf(line, caller))),
    options: buildOptionsOf(texts['build-options'], repository.ok ? repository.value : undefined, caller),
  })
  return map(parts, ({ gitTag, context, args, labels, options }) => {
    const own = ownLabels(texts.service, gitTag, run.repositoryUrl)
    return {
      ...context,
      buildArgs: [`TAG=${gitTag}`, ...args],
      labels: [...new Map([...own, ...labels])].map(([name, value]) => `${name}=${value}`),
      options,
      optionsName: caller.spell('build-options'),
    }
  })
}
