/** Writes the tables of README.md from action.yml. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withTables } from './readme.ts'

const root = new URL('..', import.meta.url)
const readme = new URL('README.md', root)
writeFileSync(
  readme,
  withTables(readFileSync(readme, 'utf8'), readFileSync(new URL('action.yml', root), 'utf8')),
)
