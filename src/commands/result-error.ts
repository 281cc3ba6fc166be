import { type ErrorName, ReleaseError } from '../errors.ts'
import type { Result } from './result.ts'

/** An error with a result that is worth to be reported: what was found, when it is not what it must be. */
export class ResultError extends ReleaseError {
  readonly result: Result

  constructor(name: ErrorName, result: Result, text: { what: string; remedy: string }) {
    super(name, text)
    this.result = result
  }
}
