/**
 * Builds dist/ anew and compares it with what was there: what runs in workflows must be what src/ says. It works
 * without a git history too. When they differ, the new one stays, as it is what should be committed.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const dist = join(import.meta.dirname, '../dist')

/** Keys are paths, values are contents. */
const contentsOf = (folder: string): Map<string, string> => {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(paths.map(path => [relative(folder, path), readFileSync(path, 'latin1')]))
}

const replaceBy = (folder: string): void => {
  rmSync(dist, { recursive: true, force: true })
  cpSync(folder, dist, { recursive: true })
}

/** The paths that are not the same in dist/ and in what the sources build. */
const stalePaths = (): string[] => {
  const kept = mkdtempSync(join(tmpdir(), 'dist-'))
  try {
    cpSync(dist, kept, { recursive: true })
    const committed = contentsOf(kept)
    // From nothing, as a bundle may have lost a file.
    rmSync(dist, { recursive: true })
    const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
    if (status !== 0) {
      replaceBy(kept)
      throw new Error(`the build ended with status ${status}`)
    }
    const built = contentsOf(dist)
    const paths = new Set([...committed.keys(), ...built.keys()])
    return [...paths].filter(path => committed.get(path) !== built.get(path)).map(path => `dist/${path}`)
  } finally {
    rmSync(kept, { recursive: true, force: true })
  }
}

try {
  const stale = stalePaths()
  if (stale.length > 0)
    throw new Error(`these were not what src/ builds; they are now, commit them: ${stale.join(', ')}`)
} catch (error) {
  console.error(`dist/: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
