import { expect } from 'vitest'
import type { StepResult } from './action.ts'

/** What every failure has to be: red, one error that names the thing and the way out, nothing left behind. */
export const expectFailure = (step: StepResult, title: string, says: readonly (string | RegExp)[]): void => {
  const errors = step.annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  expect(errors[0]?.title).toBe(title)
  for (const text of says) expect(errors[0]?.message).toMatch(text)
  expect(step).toMatchObject({ exitCode: 1, outputs: {}, leftBehind: [] })
}
