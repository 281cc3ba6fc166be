import { isAbsolute, join } from 'node:path'

/** Not path.resolve, whose absolute results ncc takes for assets to copy. */
export const fromWorkspace = (workspace: string, path: string): string =>
  isAbsolute(path) ? path : join(workspace, path)
