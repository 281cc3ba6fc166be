import { field } from '../json.ts'

/** Throws any failure, but that nobody reads any more, as after `head`. */
export function writeResult(stdout: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(text, error => {
      if (error == null || field(error, 'code') === 'EPIPE') resolve()
      else reject(error)
    })
  })
}
