import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { read } from './github.ts'

const root = new URL('../../', import.meta.url)
const guides = readdirSync(new URL('docs', root)).filter(name => name.endsWith('.md'))
const counted = ['README.md', 'CONTRIBUTING.md', ...guides.map(name => `docs/${name}`)]
const pages = [...counted, 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md']

/** Without the tables that are generated, or measured. */
const written = (path: string) =>
  read(path).replace(/<!-- (inputs|outputs|results)\b[\s\S]*?<!-- end of \1 -->/g, '')
const words = (text: string) => text.match(/\S+/g)?.length ?? 0

test('people can read all of it: at most 13,000 words, and 900 before the inputs', () => {
  const [before = ''] = read('README.md').split('## Inputs')
  expect(counted.reduce((sum, path) => sum + words(written(path)), 0)).toBeLessThanOrEqual(13_000)
  expect(words(before)).toBeLessThan(900)
})

test.each(counted)('%s begins with what it is for', path => {
  expect(read(path)).toMatch(/^# .+\n\n[A-Z`]/)
})

test.each(pages)('every link of %s leads somewhere', path => {
  const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
  const broken = links.filter(([, file = '', anchor]) => {
    const target = new URL(file, new URL(path, root))
    if (file !== '' && !existsSync(target)) return true
    return (
      anchor !== undefined &&
      !anchorsOf(file === '' ? path : target.pathname.slice(root.pathname.length)).includes(anchor)
    )
  })
  expect(broken.map(([link]) => link)).toEqual([])
})

/** As GitHub makes them of headings. */
function anchorsOf(path: string) {
  const headings = written(path)
    .replace(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[(.*?)\]\(.*?\)/g, '$1')
      .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
