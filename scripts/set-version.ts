/**
 * What `npm version` runs once package.json has the new version: the sources and the changelog get it, too.
 */
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * `src/version.ts` with another version.
 *
 * @throws when it has no line of the version
 */
export const withVersion = (source: string, version: string): string => {
  const line = /^(export const VERSION = )'[^']*'$/m
  if (!line.test(source)) throw new Error('src/version.ts has no line: export const VERSION = …')
  return source.replace(line, `$1'${version}'`)
}

/**
 * The changelog with what is unreleased as the section of a version, of a day such as 2026-08-31.
 *
 * @throws when it has the version already, or nothing is unreleased
 */
export const withRelease = (changelog: string, version: string, day: string): string => {
  if (changelog.includes(`\n## [${version}]`))
    throw new Error(`CHANGELOG.md has a section [${version}] already`)
  const [, before = '', changes = '', after = ''] =
    /^([\s\S]*?\n## \[Unreleased\]\n)([\s\S]*?)(\n## [\s\S]*|)$/.exec(changelog) ?? []
  if (changes.trim() === '')
    throw new Error('CHANGELOG.md has nothing below [Unreleased]: write what has changed')
  return `${before}\n## [${version}] - ${day}\n${changes}${after}`
}

const change = (path: string, by: (text: string) => string): void => {
  const url = new URL(`../${path}`, import.meta.url)
  writeFileSync(url, by(readFileSync(url, 'utf8')))
}

if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  change('CHANGELOG.md', text => withRelease(text, version, new Date().toISOString().slice(0, 10)))
  change('src/version.ts', text => withVersion(text, version))
}
