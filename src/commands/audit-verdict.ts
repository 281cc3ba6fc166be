import { type ReleaseError, remediesOf } from '../errors.ts'
import { counted } from '../text.ts'
import { type AuditResult, findingsIn } from './audit-result.ts'
import { ResultError } from './result-error.ts'

/** The error for services that could not be read, where that is all. */
const unreadableError = (
  result: AuditResult,
  unreadable: readonly ReleaseError[],
): ResultError | undefined => {
  const [error, ...others] = unreadable
  if (error === undefined) return undefined
  const { name, what } = error
  return new ResultError(name, result, {
    what:
      others.length === 0
        ? what
        : `${unreadable.length} services could not be read:\n${unreadable.map(each => `- ${each.what}`).join('\n')}\n`,
    remedy: remediesOf(unreadable),
  })
}

/**
 * The error for what was found: nothing if all is as it should be. It has the name of what could not be read, if that is
 * all. `errors` are what kept each service from being read.
 */
export const auditError = (
  result: AuditResult,
  errors: readonly (ReleaseError | undefined)[],
): ResultError | undefined => {
  const unreadable = errors.flatMap(error => error ?? [])
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const empty = result.services.filter(
    ({ problem }, index) => problem !== undefined && errors[index] === undefined,
  )
  if (wrong.length === 0 && empty.length === 0) return unreadableError(result, unreadable)
  const services = new Set(wrong.map(({ service }) => service))
  const said = [
    ...(wrong.length === 0
      ? []
      : [
          `${counted(wrong.length, 'thing is', 'things are')} not as the policy has it (${[...services].join(', ')})`,
        ]),
    ...empty.map(({ image, problem }) => `${image}: ${problem}`),
    ...(unreadable.length === 0 ? [] : [`${unreadable.length} could not be read in full`]),
  ]
  const remedies = [
    ...(wrong.length === 0 ? [] : ['Each is listed with its remedy.']),
    ...(empty.length === 0
      ? []
      : ['Check service, project and from, and that the policy is the one by which they are released.']),
    ...(unreadable.length === 0 ? [] : [`For what could not be read: ${remediesOf(unreadable)}`]),
  ]
  return new ResultError('not-as-planned', result, {
    what: `Of ${counted(result.services.length, 'service')}, ${said.join('; ')}.`,
    remedy: remedies.join(' '),
  })
}
