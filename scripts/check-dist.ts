/**
 * Builds dist/ anew and compares it with what was there: what runs in workflows must be what src/ says. It works without a
 * git history, too. The new one stays, as it is what should be committed.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dist = join(import.meta.dirname, '../dist')
const committed = mkdtempSync(join(tmpdir(), 'dist-'))
try {
  cpSync(dist, committed, { recursive: true })
  execFileSync('npm', ['run', '--silent', 'bundle'], { stdio: 'inherit' })
  const { status, stdout } = spawnSync('diff', ['--brief', '--recursive', committed, dist], {
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.error(`dist/ was not what src/ builds; it is now, commit it:\n${stdout}`)
    process.exitCode = 1
  }
} finally {
  rmSync(committed, { recursive: true })
}
