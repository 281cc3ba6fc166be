import { type ErrorName, ReleaseError } from '../errors.ts'
import type { CommandResult } from './result.ts'

/** An error with a result that is worth to be reported: what was found, when it is not what it must be. */
export class ResultError extends ReleaseError {
  readonly result: CommandResult

  constructor(name: ErrorName, result: CommandResult, text: { what: string; remedy: string }) {
    super(name, text)
    this.result = result
  }
}
