import { expect } from 'vitest'
import { type ErrorName, errorTitles } from '../../src/errors.ts'
import type { StepResult } from './action.ts'

/** What every failure has to be: red, one error that has the facts, nothing left behind. */
export const expectFailure = (
  step: StepResult,
  name: ErrorName,
  facts: readonly (string | RegExp)[] = [],
): void => {
  const errors = step.annotations.filter(({ level }) => level === 'error')
  expect(errors, step.log).toHaveLength(1)
  expect(errors[0]?.title).toBe(errorTitles[name])
  expect(errors[0]?.message).toContain(`#${name}`)
  for (const fact of facts) expect(errors[0]?.message).toMatch(fact)
  expect(step).toMatchObject({ exitCode: 1, leftBehind: [] })
  // The main repository is complete then.
  if (name !== 'mirror-incomplete') expect(step.outputs['is-stable']).not.toBe('true')
}
