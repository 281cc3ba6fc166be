import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives the tests a folder of their own for temporary files, and removes it with what they have left there. */
export const setup = (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'unit-'))
  // Some tests run programs as another user.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.env.TEMP = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
