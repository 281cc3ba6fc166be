import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { EXIT_STATUSES } from '../../src/cli/exit-status.ts'
import { blocksOf, codes } from './markdown.ts'
import { readCall } from './read.ts'

const markdown = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8')
const blocks = blocksOf(markdown)

const calls = blocks.flatMap(block =>
  block.kind === 'fence' && block.info === 'console'
    ? Array.from(block.text.matchAll(/stable-release +([a-z]+ [^\n|<)]*)/g), ([, call = '']) => call.trim())
    : [],
)

describe('docs/command-line.md', () => {
  test('has an example of every command', () => {
    const shown = new Set(calls.map(call => call.split(' ', 1)[0]))
    expect([...shown].sort()).toEqual(commands.map(({ name }) => name).sort())
  })

  test.each(calls)('shows a call: %s', call => {
    expect(readCall(call.split(/ +/))).toMatchObject({ mistakes: [] })
  })

  test('has the exit statuses', () => {
    const table = blocks.find(block => block.kind === 'table' && block.columns.includes('status'))
    if (table?.kind !== 'table') throw new Error('there is no table of them')
    expect(table.rows.map(({ status, when }) => [status, when])).toEqual(Object.entries(EXIT_STATUSES))
  })

  test('has the commands', () => {
    const table = blocks.find(block => block.kind === 'table' && block.columns.includes('command'))
    if (table?.kind !== 'table') throw new Error('there is no table of them')
    expect(table.rows.flatMap(({ command }) => codes(command)).sort()).toEqual(
      commands.map(({ name }) => name).sort(),
    )
  })

  test('names every variable that a command reads', () => {
    for (const { environment = {} } of commands) {
      for (const variable of Object.keys(environment)) expect(markdown).toContain(variable)
    }
  })
})
