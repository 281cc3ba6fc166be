import { knownFailure } from '../errors.ts'

/** 201 by the specification. */
export const WRITTEN = [200, 201, 202, 204]

/** The answer to a PUT; undefined if that failed and has written all the same. */
export async function unlessThere<T>(put: Promise<T>, isThere: () => Promise<boolean>) {
  try {
    return await put
  } catch (caught) {
    knownFailure(caught)
    if ((await isThere().catch(knownFailure)) === true) return undefined
    throw caught
  }
}
