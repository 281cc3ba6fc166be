import * as core from '@actions/core'
import { reportFailure } from './report/failure.ts'
import { removeTemporary, TEMPORARY } from './temporary.ts'

/** Removes what a killed step has left behind. */
try {
  const left = core.getState(TEMPORARY)
  if (left !== '') await removeTemporary(left)
} catch (error) {
  reportFailure(error)
}
