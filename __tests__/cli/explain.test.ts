import { describe, expect, test } from 'vitest'
import { presets } from '../../src/policy/presets.ts'
import { examples } from '../policy/preset-examples.ts'
import { stableRelease } from './bundle.ts'

const explain = (input: string | Buffer, ...args: string[]): string => {
  const { status, stdout, stderr } = stableRelease(['explain', ...args], { input })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
const explainJson = (input: string | Buffer, ...args: string[]) =>
  explain(input, '--json', ...args)
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

test('prints columns, the stable tags after a bar, and a count for each rule', () => {
  const policy =
    'final: vX.Y.Z -> X.Y.Z latest | X.Y.Z-stable\nnightly: nightly -> nightly\nrc: vX.Y.ZrcN -> X.Y.ZrcN'
  const lines = explain('v1.2.3\nv1.2\nv10.20.30\nnightly', '--policy', policy).split('\n')
  expect(lines[1]).toMatch(/^ {2}v1\.2 {7}- {8}"v1\.2" .*vX\.Y\.Z \(final\)/)
  expect(lines.toSpliced(1, 1)).toEqual([
    '  v1.2.3     final    1.2.3 latest | 1.2.3-stable',
    '  v10.20.30  final    10.20.30 latest | 10.20.30-stable',
    '  nightly    nightly  nightly',
    '',
    '  final    2  vX.Y.Z',
    '  nightly  1  nightly',
    '  rc       0  vX.Y.ZrcN',
    '  -        1  no image tag',
    '  all      4',
    '',
  ])
})

describe('--json', () => {
  test.each(Object.keys(presets) as (keyof typeof presets)[])('is an object a line: %s', name => {
    const explained = explainJson(examples[name].map(({ tag }) => tag).join('\n'), '--policy', name)
    expect(explained).toEqual(
      examples[name].map(({ tag, rule = null, tags, stable }) => ({
        tag,
        rule,
        tags: [...tags, ...stable],
        stableTags: stable,
        reason: expect.stringContaining(rule ?? tag),
      })),
    )
  })
})

test.each([
  { title: 'nothing', input: '', tags: [] },
  { title: 'blank lines', input: '\n \n\r\n', tags: [] },
  { title: 'lines that end in CRLF, and one without its end', input: 'a\r\nb', tags: ['a', 'b'] },
  { title: 'lines that are indented, as git branch has them', input: '  a\n', tags: ['a'] },
  { title: 'characters longer than a byte', input: 'é'.repeat(50_000), tags: ['é'.repeat(50_000)] },
  { title: 'what is no text', input: Buffer.from([0xff, 0x0a]), tags: ['\ufffd'] },
])('reads $title', ({ input, tags }) => {
  expect(explainJson(input).map(({ tag }) => tag)).toEqual(tags)
})

test.each([[], ['--json']])('gives a terminal nothing to obey: %j', (...args) => {
  const stdout = explain('a\u001b[31mb\n\u009b2J\n1.2.3\u202e\n::error::x\u007f\n', ...args)
  expect(stdout).not.toMatch(/[^\n -~]/)
  expect(stdout).toContain('a\\u001b[31mb')
})
