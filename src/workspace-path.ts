import { isAbsolute, join } from 'node:path'

/**
 * The path of something that is named from the workspace.
 *
 * Not path.resolve: ncc takes an absolute path that it can guess from the code for an asset of the bundle,
 * copies what it finds there, and leads the code to the copy.
 */
export const fromWorkspace = (workspace: string, path: string): string =>
  isAbsolute(path) ? path : join(workspace, path)
