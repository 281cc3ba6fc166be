import { ReleaseError } from '../errors.ts'
import { type Caller, workflow } from './caller.ts'
import type { InputTexts } from './texts.ts'

/** Whether the registry refused access, or says that there is nothing. */
const isRefusal = ({ name, what }: ReleaseError): boolean =>
  name === 'registry-denied' ||
  name === 'not-published' ||
  (name === 'push-failed' && /denied|unauthorized|forbidden|not found|unknown/i.test(what))

/**
 * The error of a run, with a question if it had no project and the registry refused: most registries have no image
 * outside of a project.
 */
export const askForProject = (
  error: unknown,
  { project }: Pick<InputTexts, 'project'>,
  { spell }: Caller = workflow,
): unknown => {
  if (project !== '' || !(error instanceof ReleaseError) || !isRefusal(error)) return error
  const { name, what, remedy, cause } = error
  return new ReleaseError(name, { what, remedy: `${remedy} Is ${spell('project')} missing?`, cause })
}
