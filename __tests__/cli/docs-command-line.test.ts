import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readCall } from '../../src/cli/arguments.ts'
import { commands, EXIT_STATUSES } from '../../src/cli/commands.ts'
import { blocksOf, codes } from './markdown.ts'

const blocks = blocksOf(readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8'))
const names = commands.map(({ name }) => name).toSorted()

const calls = blocks.flatMap(block =>
  block.kind === 'fence' && block.info === 'console'
    ? Array.from(block.text.matchAll(/stable-release +([a-z]+ [^\n|<)]*)/g), ([, call = '']) => call.trim())
    : [],
)

/** The rows of the table that has this column. */
const rowsWith = (column: string) =>
  blocks.flatMap(block => (block.kind === 'table' && block.columns.includes(column) ? block.rows : []))

test('has an example of every command', () => {
  expect([...new Set(calls.map(call => call.split(' ', 1)[0]))].toSorted()).toEqual(names)
})

test.each(calls)('shows a call: %s', call => {
  expect(readCall(call.split(/ +/)).command).toBe(call.split(' ', 1)[0])
})

test('has the exit statuses and the commands', () => {
  expect(rowsWith('status').map(row => [row.status, row.when])).toEqual(Object.entries(EXIT_STATUSES))
  expect(
    rowsWith('command')
      .flatMap(({ command }) => codes(command))
      .toSorted(),
  ).toEqual(names)
})
