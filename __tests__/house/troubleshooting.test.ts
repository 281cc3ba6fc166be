import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/errors.ts'

const text = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map(section => [section.split('\n', 1)[0], section] as const),
)

test('every error of the catalogue has an entry, and no other', () => {
  expect([...sections.keys()]).toEqual(Object.keys(catalogue))
})

test.each(Object.entries(catalogue))(
  'the entry of %s says what the catalogue says',
  (name, { title, cause }) => {
    expect(sections.get(name)).toContain(`**${title}.** ${cause}`)
  },
)
