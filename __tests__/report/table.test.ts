import { expect, test } from 'vitest'
import type { ImageTagResult, Result, ServiceResult } from '../../src/commands/result.ts'
import { tableOf } from '../../src/report/table.ts'
import { withShortDigests } from '../../src/report/words.ts'

const image = 'ghcr.io/dmwm/das2go'
const digest = `sha256:${'ab'.repeat(32)}` as const

const tag = (name: string, outcome: ImageTagResult['outcome'], note?: string): ImageTagResult => ({
  tag: name,
  reference: `${image}:${name}`,
  stable: name.endsWith('-stable'),
  moving: name === 'latest',
  outcome,
  ...(note === undefined ? {} : { note }),
})

test.each<{
  command: Result['command']
  tags: ServiceResult['tags']
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
  { command: 'push', tags: [tag('2.3.4', 'pushed')], lines: ['2.3.4  in the registry now, not read back'] },
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
  const services = [{ service: 'das2go', image, tags, digest }] as const
  const result = { command, gitTag: '2.3.4', rule: 'final', reason: '', services }
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

const service = (name: string, outcomes: ImageTagResult['outcome'][], problem?: string): ServiceResult => {
  const [first, ...others] = ['2.3.4', '2.3.4-stable'].map((each, index) =>
    tag(each, outcomes[index] ?? 'planned'),
  )
  if (first === undefined) throw new Error('there is no tag')
  const more = problem === undefined ? {} : { problem }
  return { service: name, image: `r.ch/p/${name}`, tags: [first, ...others], digest, ...more }
}

test.each<{ what: string; command: Result['command']; services: Result['services']; lines: string[] }>([
  {
    what: 'many that were promoted',
    command: 'promote',
    services: [service('reqmgr2', ['kept', 'copied']), service('reqmon', ['kept', 'kept'])],
    lines: [
      `service  image${' '.repeat(digest.length + 15 - 5)}  2.3.4  2.3.4-stable`,
      `reqmgr2  r.ch/p/reqmgr2@${digest}  kept   copied`,
      `reqmon   r.ch/p/reqmon@${digest}   kept   kept`,
    ],
  },
  {
    what: 'many that are not ready',
    command: 'promote',
    services: [service('reqmgr2', []), service('reqmon', [], 'it is of another commit')],
    lines: [
      `service  image${' '.repeat(digest.length + 15 - 5)}  ready`,
      `reqmgr2  r.ch/p/reqmgr2@${digest}  yes`,
      `reqmon   r.ch/p/reqmon@${digest}   no: it is of another commit`,
    ],
  },
  {
    what: 'many of which none could be read',
    command: 'verify',
    services: [service('reqmgr2', [], 'the registry is down'), service('reqmon', [], 'it is down')],
    lines: [
      `service  image${' '.repeat(digest.length + 15 - 5)}  2.3.4              2.3.4-stable`,
      `reqmgr2  r.ch/p/reqmgr2@${digest}  could not be read  could not be read`,
      `reqmon   r.ch/p/reqmon@${digest}   could not be read  could not be read`,
    ],
  },
  {
    what: 'many of which one could not be read',
    command: 'verify',
    services: [service('reqmgr2', ['kept', 'missing']), service('reqmon', [], 'the registry is down')],
    lines: [
      `service  image${' '.repeat(digest.length + 15 - 5)}  2.3.4              2.3.4-stable`,
      `reqmgr2  r.ch/p/reqmgr2@${digest}  as planned         missing`,
      `reqmon   r.ch/p/reqmon@${digest}   could not be read  could not be read`,
    ],
  },
])('$what have a line each', ({ command, services, lines }) => {
  const result = { command, gitTag: '2.3.4', rule: 'final', reason: '', services } as const
  expect(tableOf(result).split('\n')).toEqual(lines.map(line => `  ${line}`))
})
