import { messageOf, ReleaseError } from '../errors.ts'
import { field } from '../json.ts'

/** Writes to standard output. False if nobody reads any more, as after `head`; throws what else keeps it from being written. */
export function writeResult(stdout: NodeJS.WritableStream, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stdout.write(text, cause => {
      if (cause == null || field(cause, 'code') === 'EPIPE') return resolve(cause == null)
      const what = `The result was not written: ${messageOf(cause)}.`
      reject(new ReleaseError('outputs-not-written', { what, remedy: 'Write it to another place.', cause }))
    })
  })
}
