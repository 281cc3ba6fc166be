import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTitles } from '../../src/errors.ts'

const text = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map(section => [section.split('\n', 1)[0], section] as const),
)

test('every error has an entry, and nothing else', () => {
  expect([...sections.keys()]).toEqual(Object.keys(errorTitles))
})

test.each(Object.entries(errorTitles))(
  'the entry of %s has its title, and its usual cause',
  (name, title) => {
    const [, first = ''] = (sections.get(name) ?? '').split('\n\n')
    expect(first.startsWith(`**${title}.** `)).toBe(true)
    expect(first).toMatch(/\*\* [A-Z][\s\S]*\.$/)
  },
)
