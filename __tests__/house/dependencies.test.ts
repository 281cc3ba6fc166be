import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'

/** The parts of src/: each may import from itself and from those behind it. What lies beside them is for all. */
const ORDER = [
  ...['main.ts', 'post.ts', 'cli.ts', 'cli', 'inputs', 'report', 'commands', 'reconcile'],
  ...['gates', 'docker', 'registry', 'git', 'github', 'policy', 'process', 'http'],
]

/** What only one part may import. */
const OWNERS = {
  '@actions/exec': 'process',
  '@actions/github': 'github',
  'node:child_process': 'process',
  'node:http': 'http',
  'node:https': 'http',
}

const src = new URL('../../src/', import.meta.url)
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const partOf = (file: string): string => ORDER.find(part => part === file.split('/')[0]) ?? 'beside'

/** What each file imports, types included: files of src/ by their paths, all else by name. */
const imports = new Map(
  files.map(file => {
    const text = readFileSync(new URL(file, src), 'utf8')
    const sources = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\((?:\/\*.*?\*\/)?) ?'([^']+)'/g)]
    return [
      file,
      sources.map(([, source = '']) =>
        source.startsWith('.') ? posix.join(posix.dirname(file), source) : source,
      ),
    ] as const
  }),
)
const arrows = [...imports].flatMap(([from, to]) => to.map(target => ({ from, target })))
const shown = (found: typeof arrows): string[] => found.map(({ from, target }) => `${from} -> ${target}`)

test('every folder has its place', () => {
  expect(arrows.length).toBeGreaterThan(files.length)
  expect(files.filter(file => file.includes('/') && partOf(file) === 'beside')).toEqual([])
})

test('arrows point one way', () => {
  const all = [...ORDER, 'beside']
  const wrong = arrows.filter(
    ({ from, target }) => imports.has(target) && all.indexOf(partOf(target)) < all.indexOf(partOf(from)),
  )
  expect(shown(wrong)).toEqual([])
})

test('what is decided needs nothing of Node', () => {
  const decides = arrows.filter(({ from }) => ['policy', 'reconcile'].includes(partOf(from)))
  expect(shown(decides.filter(({ target }) => target.startsWith('node:')))).toEqual([])
})

test.each(Object.entries(OWNERS))('%s is for %s alone', (name, owner) => {
  const others = arrows.filter(({ from, target }) => target === name && partOf(from) !== owner)
  expect(shown(others)).toEqual([])
})

test('there is no circle of files', () => {
  const reached = (file: string, seen = new Set<string>()): Set<string> => {
    for (const target of imports.get(file) ?? []) if (!seen.has(target)) reached(target, seen.add(target))
    return seen
  }
  const circular = files.filter(file => reached(file).has(file))
  expect(circular).toEqual([])
})
