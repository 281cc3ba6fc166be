import { setFlagsFromString } from 'node:v8'

/**
 * Lets the engine of JavaScript prefer a small heap to speed, from now on. For what waits most of the time: without it,
 * thousands of requests leave a garbage of more than 100 MB before it is collected.
 *
 * Source: Node.js documentation, "v8.setFlagsFromString(flags)".
 */
export const preferSmallHeap = (): void => setFlagsFromString('--optimize-for-size')
