import { ReleaseError } from '../errors.ts'

/** How the program ends, as docker.sh does. */
export const EXIT_STATUSES = {
  0: 'done, and the registry is as planned',
  1: 'a wrong call, an image that was not built, or anything else that failed',
  2: 'push: the stable image was not built, though the image was',
} as const

/** An exit status of this program. */
export type ExitStatus = keyof typeof EXIT_STATUSES

/** The exit status for what went wrong. */
export function exitStatusOf(error: unknown): ExitStatus {
  return error instanceof ReleaseError && error.name === 'stable-image-missing' ? 2 : 1
}
