import { field } from '../json.ts'

/** Returns false if nobody reads any more, as after `head`; throws any other failure. */
export function writeResult(stdout: NodeJS.WritableStream, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stdout.write(text, error => {
      if (error == null || field(error, 'code') === 'EPIPE') resolve(error == null)
      else reject(error)
    })
  })
}
