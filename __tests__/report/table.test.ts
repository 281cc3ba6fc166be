import { expect, test } from 'vitest'
import type { Result, TagResult } from '../../src/commands/result.ts'
import { tableOf } from '../../src/report/table.ts'
import { withShortDigests } from '../../src/report/words.ts'

const image = 'ghcr.io/dmwm/das2go'
const digest = `sha256:${'ab'.repeat(32)}` as const

const tag = (name: string, outcome: TagResult['outcome'], note?: string): TagResult => ({
  tag: name,
  reference: `${image}:${name}`,
  stable: name.endsWith('-stable'),
  moving: name === 'latest',
  outcome,
  ...(note === undefined ? {} : { note }),
})

test.each<{
  command: Result['command']
  tags: Result['tags']
  lines: string[]
}>([
  {
    command: 'release',
    tags: [tag('2.3.4', 'built'), tag('2.3.4-stable', 'copied'), tag('latest', 'moved')],
    lines: ['2.3.4         built', '2.3.4-stable  copied (stable)', 'latest        moved (moving)'],
  },
  {
    command: 'release',
    tags: [
      tag('2.3.4', 'kept'),
      tag('2.3.4-stable', 'withheld', 'waits for tests'),
      tag('latest', 'stayed', 'stays with 2.4.0'),
    ],
    lines: [
      '2.3.4         there already',
      '2.3.4-stable  withheld: waits for tests (stable)',
      'latest        stays with 2.4.0 (moving)',
    ],
  },
  {
    command: 'build',
    tags: [tag('2.3.4', 'built'), tag('latest', 'planned')],
    lines: ['2.3.4   built, not pushed', 'latest  written by push (moving)'],
  },
  { command: 'push', tags: [tag('2.3.4', 'built')], lines: ['2.3.4  pushed'] },
  { command: 'push', tags: [tag('2.3.4', 'pushed')], lines: ['2.3.4  pushed, not read back'] },
  {
    command: 'release',
    tags: [{ ...tag('2.3.4', 'built', `replaces ${digest}`), replaced: digest }],
    lines: [`2.3.4  built, replaces ${digest}`],
  },
  { command: 'plan', tags: [tag('2.3.4', 'planned')], lines: ['2.3.4  planned'] },
  {
    command: 'verify',
    tags: [tag('2.3.4', 'kept'), tag('2.3.4-stable', 'missing')],
    lines: ['2.3.4         as planned', '2.3.4-stable  missing (stable)'],
  },
])('$command: $lines', ({ command, tags, lines }) => {
  const { service, gitTag, rule, reason } = { service: 'das2go', gitTag: '2.3.4', rule: 'final', reason: '' }
  const result = { command, service, image, gitTag, rule, reason, tags, digest }
  expect(tableOf(result).split('\n')).toEqual([`${image}@${digest}`, ...lines.map(line => `  ${line}`)])
})

test.each([
  [`pushed and read back, ${digest}`, 'pushed and read back, sha256:abababababab…'],
  [
    `2.3.4 is sha512:${'cd'.repeat(64)}, 2.3 is ${digest}.`,
    '2.3.4 is sha512:cdcdcdcdcdcd…, 2.3 is sha256:abababababab….',
  ],
  ['sha256:ab', 'sha256:ab'],
])('%s is shown as %s', (text, shown) => {
  expect(withShortDigests(text)).toBe(shown)
})
