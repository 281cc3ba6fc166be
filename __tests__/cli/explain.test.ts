import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { presets } from '../../src/policy/presets.ts'
import { examples } from '../policy/preset-examples.ts'
import { stableRelease } from './bundle.ts'

const corpus = readFileSync(new URL('../policy/wmcore-tags.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => line.split('\t'))

const explain = (input: string | Buffer, ...args: string[]) => {
  const { status, stdout, stderr } = stableRelease(['explain', ...args], { input })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const jsonLines = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

test('prints columns, the stable tags after a bar, and a count for each rule', () => {
  const tags = ['v1.2.3', 'v1.2', 'v10.20.30', 'nightly', 'x']
  const policy =
    'final: vX.Y.Z -> X.Y.Z latest | X.Y.Z-stable\nnightly: nightly -> nightly\nrc: vX.Y.ZrcN -> X.Y.ZrcN'
  const reason = (tag: string, wants: string, where: string): string =>
    `"${tag}" matches no rule; the nearest is vX.Y.Z (final), which wants ${wants} ${where}.`
  expect(explain(tags.join('\n'), '--policy', policy)).toBe(
    [
      'v1.2.3     final    1.2.3 latest | 1.2.3-stable',
      `v1.2       -        ${reason('v1.2', '"."', 'after v1.2, where it ends')}`,
      'v10.20.30  final    10.20.30 latest | 10.20.30-stable',
      'nightly    nightly  nightly',
      `x          -        ${reason('x', '"v"', 'at its beginning, where it has "x"')}`,
      '',
      'final    2  vX.Y.Z',
      'nightly  1  nightly',
      'rc       0  vX.Y.ZrcN',
      '-        2  no image tag',
      'all      5',
      '',
    ].join('\n'),
  )
})

test('shows why a git tag with the name of a stable tag gets no image', () => {
  expect(explain('7.7.7\n7.7.7-stable\n').split('\n').slice(0, 2)).toEqual([
    '7.7.7         final      7.7.7 | 7.7.7-stable',
    '7.7.7-stable  -          7.7.7-stable matches rule other, *, but 7.7.7-stable is a stable tag, which rule final gives to the git tag 7.7.7: release 7.7.7, or promote it.',
  ])
})

describe('--json', () => {
  test('is an object a line', () => {
    const [planned, refused, ...more] = jsonLines(explain('v1.2.3\nx\n', '--json', '--policy', 'dmwm-go'))
    expect(planned).toEqual({
      tag: 'v1.2.3',
      rule: 'v-final',
      tags: ['v1.2.3', 'v1.2.3-stable'],
      stableTags: ['v1.2.3-stable'],
      reason: expect.stringContaining('matched by rule v-final'),
    })
    expect(refused).toEqual({
      tag: 'x',
      rule: null,
      tags: [],
      stableTags: [],
      reason: expect.stringContaining('"x" matches no rule; the nearest is '),
    })
    expect(more).toEqual([])
  })

  test.each(Object.keys(presets) as (keyof typeof presets)[])('shows the examples of %s', name => {
    const lines = jsonLines(
      explain(examples[name].map(({ tag }) => tag).join('\n'), '--json', '--policy', name),
    )
    expect(lines.map(({ tag, rule, tags, stableTags }) => ({ tag, rule, tags, stableTags }))).toEqual(
      examples[name].map(({ tag, rule = null, tags, stable }) => ({
        tag,
        rule,
        tags: [...tags, ...stable],
        stableTags: stable,
      })),
    )
  })

  test('has the verdict of docker.sh on every git tag of WMCore', () => {
    const lines = jsonLines(explain(corpus.map(([tag]) => tag).join('\n'), '--json'))
    expect(lines.map(({ tag, stableTags }) => [tag, stableTags.length > 0 ? 'yes' : 'no'])).toEqual(corpus)
  })
})

describe('reads', () => {
  test.each([
    { title: 'nothing', input: '', tags: [] },
    { title: 'blank lines', input: '\n \n\r\n', tags: [] },
    { title: 'a last line without its end', input: 'a\nb', tags: ['a', 'b'] },
    { title: 'lines that end in CRLF', input: 'a\r\nb\r\n', tags: ['a', 'b'] },
    { title: 'lines that are indented, as git branch has them', input: '  a\n', tags: ['a'] },
    { title: 'a byte order mark', input: '\uFEFFa\n', tags: ['a'] },
    {
      title: 'characters that are longer than a byte',
      input: 'é'.repeat(50_000),
      tags: ['é'.repeat(50_000)],
    },
  ])('$title', ({ input, tags }) => {
    expect(jsonLines(explain(input, '--json')).map(({ tag }) => tag)).toEqual(tags)
  })

  test('what is no text', () => {
    expect(jsonLines(explain(Buffer.from([0xff, 0xfe, 0x0a]), '--json'))).toMatchObject([{ rule: null }])
  })

  test('no line without end', () => {
    const { status, stdout, stderr } = stableRelease(['explain'], { input: 'x'.repeat(100_000) })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('a line of more than 65536 characters')
  })
})

test.each([{ args: [] }, { args: ['--json'] }])('gives a terminal nothing to obey: $args', ({ args }) => {
  const stdout = explain('a\u001b[31mb\n\u009b2J\n1.2.3\u202e\n::error::x\u007f\n', ...args)
  expect(stdout).not.toMatch(/[^\n -~]/)
  expect(stdout).toContain('a\\u001b[31mb')
})

describe('100,000 git tags', () => {
  const tags = Array.from(
    { length: 100_000 },
    (_, index) => `${index}.${index % 7}.${index % 11}${index % 3 === 0 ? 'rc1' : ''}`,
  )

  test('are one line each, and counted', () => {
    const lines = explain(tags.join('\n')).split('\n')
    expect(lines.slice(-7)).toEqual([
      '',
      'final       66666  X.Y.Z',
      'patch           0  X.Y.Z.P',
      'candidate   33334  X.Y.ZrcN',
      'other           0  *',
      'all        100000',
      '',
    ])
    expect(lines.slice(0, -7).map(line => line.slice(0, line.indexOf(' ')))).toEqual(tags)
  })

  test('are one object each', () => {
    expect(jsonLines(explain(tags.join('\n'), '--json')).map(({ tag }) => tag)).toEqual(tags)
  })

  test('are aligned with those that stand near', () => {
    const starts = explain(tags.join('\n'))
      .split('\n')
      .slice(0, 10_000)
      .map(line => line.search(/final|candidate/))
    expect(new Set(starts).size).toBe(1)
  })
})

test('one endless name does not push the others aside', () => {
  const [first = '', second = ''] = explain(`${'a'.repeat(5000)}\nb\n`).split('\n')
  expect(first).toContain(`${'a'.repeat(5000)}  -`)
  expect(second).toBe(`b${' '.repeat(59)}  other      b`)
})
