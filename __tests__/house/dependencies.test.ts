import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importConfiguration, importRules } from '../../scripts/import-rules.ts'

const root = new URL('../../', import.meta.url)
const isFile = (part: string): boolean => part.endsWith('.ts')
const parts = importRules.map(({ part }) => part)

/** What each part may import of the house, as a file that stands for it: one of a folder, or the file itself. */
const standsFor = (allowed: string): string => (isFile(allowed) ? allowed : `${allowed}/any.ts`)

interface Case {
  readonly part: string
  readonly source: string
  readonly allowed: boolean
}

const PACKAGES = [
  '@actions/core',
  '@actions/exec',
  '@actions/github',
  '@actions/http-client',
  '@actions/http-client/lib/proxy',
  '@octokit/core',
  '@renovatebot/pep440',
  'commander',
  'yaml',
]

/** Every part against every other, against the packages, and against modules of Node. */
const cases: readonly Case[] = importRules.flatMap(({ part, may, packages = [], pure = false }) => {
  const up = isFile(part) && !part.includes('/') ? './' : '../'
  const house = parts
    .filter(other => other !== part)
    .map(other => ({
      source: `${up}${standsFor(other)}`,
      allowed: may.includes(other),
    }))
  return [
    ...house,
    ...may.map(allowed => ({ source: `${up}${standsFor(allowed)}`, allowed: true })),
    ...(isFile(part) ? [] : [{ source: './any.ts', allowed: true }]),
    ...PACKAGES.map(source => ({ source, allowed: packages.includes(source) })),
    { source: 'node:path', allowed: !pure },
    { source: 'node:fs/promises', allowed: !pure },
    { source: 'node:child_process', allowed: false },
  ].map(each => ({ part, ...each }))
})

const biome = join(
  dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')),
  'bin/biome',
)
const house = mkdtempSync(join(tmpdir(), 'house-'))
let refused: ReadonlySet<string>

/** The sources that Biome refuses in each file, when it checks all cases with the rules of this project. */
const refusedSources = (): Promise<ReadonlySet<string>> =>
  new Promise((resolve, reject) => {
    const options = ['lint', '--reporter=json', '--max-diagnostics=none', 'src']
    execFile(process.execPath, [biome, ...options], { cwd: house, maxBuffer: 1e9 }, (_, stdout, stderr) => {
      try {
        const {
          diagnostics,
        }: { diagnostics: { category: string; location: { path: string; start: { line: number } } }[] } =
          JSON.parse(stdout)
        const found = diagnostics.filter(({ category }) => category === 'lint/style/noRestrictedImports')
        resolve(new Set(found.map(({ location: { path, start } }) => `${path}:${start.line}`)))
      } catch (cause) {
        reject(new Error(`biome: ${stdout.slice(0, 2000)}${stderr}`, { cause }))
      }
    })
  })

const fileOf = (part: string): string => `src/${isFile(part) ? part : `${part}/case.ts`}`
const DYNAMIC = 'src/commands/dynamic.ts'
const linesOf = (part: string): readonly Case[] => cases.filter(each => each.part === part)

beforeAll(async () => {
  for (const file of ['biome.json', 'biome.imports.json', '.gitignore']) {
    copyFileSync(new URL(file, root), join(house, file))
  }
  for (const part of parts) {
    const file = join(house, fileOf(part))
    mkdirSync(dirname(file), { recursive: true })
    const imports = linesOf(part).map(({ source }, index) => `import { a${index} } from '${source}'`)
    writeFileSync(file, `${imports.join('\n')}\n`)
  }
  writeFileSync(join(house, DYNAMIC), "export const loaded = import('@actions/github')\n")
  refused = await refusedSources()
})
afterAll(() => rmSync(house, { recursive: true, force: true }))

test('the configuration of the linter is what the table says', () => {
  expect(JSON.parse(readFileSync(new URL('biome.imports.json', root), 'utf8'))).toEqual(importConfiguration())
})

test('every file of src has a rule, and every rule a file', () => {
  const files = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
    .filter(isFile)
    .map(name => `src/${name.replaceAll('\\', '/')}`)
  const rules = importConfiguration().overrides.flatMap(({ includes }) => includes)
  const rulesOf = (file: string): string[] =>
    rules.filter(rule => rule === file || rule === `${dirname(file)}/*.ts`)
  expect(files.filter(file => rulesOf(file).length === 0)).toEqual([])
  expect(rules.toSorted()).toEqual([...new Set(files.flatMap(rulesOf))].toSorted())
})

test('an import() is judged, too', () => {
  expect(refused.has(`${DYNAMIC}:1`)).toBe(true)
})

describe.each(parts)('src/%s', part => {
  test.each(linesOf(part).map((each, index) => ({ ...each, line: index + 1 })))(
    'may import $source: $allowed',
    ({ allowed, line }) => {
      expect(!refused.has(`${fileOf(part)}:${line}`)).toBe(allowed)
    },
  )
})
