import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTitles } from '../../src/errors.ts'

const text = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map(section => [section.split('\n', 1)[0] ?? '', section] as const),
)

test('every error has an entry, and no other has the form of one', () => {
  const names = [...sections].filter(([name, section]) => /^[a-z-]+$/.test(name) || /^\*\*Fix/m.test(section))
  expect(names.map(([name]) => name)).toEqual(Object.keys(errorTitles))
})

test.each(Object.entries(errorTitles))(
  'the entry of %s has its title and usual cause, what is published, and what to do',
  (name, title) => {
    const [, cause = '', published, fix] = (sections.get(name) ?? '').split('\n\n')
    expect(cause.startsWith(`**${title}.** `)).toBe(true)
    expect(cause).toMatch(/\*\* [A-Z`][\s\S]*\.$/)
    expect(published).toMatch(
      /^\*\*Published:\*\* (?:nothing|mostly nothing|everything|see the message)\b[\s\S]*\.$/,
    )
    expect(fix).toMatch(/^\*\*Fix:\*\* [a-z`][\s\S]*[.:]\s*$/)
  },
)
