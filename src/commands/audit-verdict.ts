import { type ReleaseError, remediesOf } from '../errors.ts'
import { counted } from '../text.ts'
import { type AuditResult, findingsIn } from './audit-result.ts'
import { ResultError } from './result-error.ts'

/** The error for services that could not be read, where that is all. */
const unreadableError = (
  result: AuditResult,
  unreadable: readonly (readonly ReleaseError[])[],
): ResultError | undefined => {
  const [first, ...others] = unreadable.flatMap(errors => errors[0] ?? [])
  if (first === undefined) return undefined
  return new ResultError(first.name, result, {
    what:
      others.length === 0
        ? first.what
        : `${unreadable.length} services could not be read:\n${[first, ...others].map(({ what }) => `- ${what}`).join('\n')}\n`,
    remedy: remediesOf(unreadable.flat()),
  })
}

/**
 * The error for what was found: nothing if all is as it should be. It has the name of what could not be read, if that is
 * all. `errors` are what kept each service from being read, in the order of the services.
 */
export const auditError = (
  result: AuditResult,
  errors: readonly (readonly ReleaseError[])[],
): ResultError | undefined => {
  const unreadable = errors.filter(({ length }) => length > 0)
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const empty = result.services.filter(
    ({ problem }, index) => problem !== undefined && errors[index]?.length === 0,
  )
  if (wrong.length === 0 && empty.length === 0) return unreadableError(result, unreadable)
  const services = new Set(wrong.map(({ service }) => service))
  const said = [
    ...(wrong.length === 0
      ? []
      : [
          `Of ${counted(result.services.length, 'service')}, ${counted(wrong.length, 'thing is', 'things are')} not as the policy has it (${[...services].join(', ')})`,
        ]),
    ...empty.map(({ image, problem }) => `Nothing of ${image} can be judged: ${problem}`),
    ...(unreadable.length === 0
      ? []
      : [`${unreadable.length} of ${result.services.length} could not be read in full`]),
  ]
  const remedies = [
    ...(wrong.length === 0 ? [] : ['Each is listed with its remedy.']),
    ...(empty.length === 0
      ? []
      : [
          'Check registry, project, service and from, and that the policy is the one by which they are released.',
        ]),
    ...(unreadable.length === 0 ? [] : [`For what could not be read: ${remediesOf(unreadable.flat())}`]),
  ]
  return new ResultError('not-as-planned', result, {
    what: `${said.join('. ')}.`,
    remedy: remedies.join(' '),
  })
}
