import { describe, expect, test } from 'vitest'
import { packageIndexAt, registryAt, replaceIn, unknownToAct } from '../../scripts/act/replacements.ts'

describe('what act does not know', () => {
  test.each([
    { before: '      - uses: $/\n', after: '      - uses: dmwm/stable-release-action@v1\n' },
    { before: '        uses: $/ # this\n', after: '        uses: dmwm/stable-release-action@v1 # this\n' },
    {
      before: '    uses: $/.github/workflows/promote_stable_images.yaml\n',
      after: '    uses: dmwm/stable-release-action/.github/workflows/promote_stable_images.yaml@v1\n',
    },
    { before: 'concurrency:\n  group: release\n  queue: max\n', after: 'concurrency:\n  group: release\n' },
    { before: '      - uses: ./\n', after: '      - uses: ./\n' },
    { before: '      - run: echo queue\n', after: '      - run: echo queue\n' },
  ])('$before', ({ before, after }) => {
    const { text, made } = replaceIn('a.yaml', before, unknownToAct)
    expect(text).toBe(after)
    expect(made).toHaveLength(before === after ? 0 : 1)
  })
})

test('servers elsewhere become servers here, and the report has every change', () => {
  const text = 'registry: registry.cern.ch\nimage: localhost:5000/hello\nindex: https://pypi.org/simple/\n'
  const here = [registryAt('127.0.0.1:1'), packageIndexAt('http://127.0.0.1:2/simple/')]
  expect(replaceIn('a.yaml', text, here)).toEqual({
    text: 'registry: 127.0.0.1:1\nimage: 127.0.0.1:1/hello\nindex: http://127.0.0.1:2/simple/\n',
    made: [
      { file: 'a.yaml', line: 'registry.cern.ch', by: '127.0.0.1:1', why: registryAt('').why },
      { file: 'a.yaml', line: 'localhost:5000', by: '127.0.0.1:1', why: registryAt('').why },
      {
        file: 'a.yaml',
        line: 'https://pypi.org/simple/',
        by: 'http://127.0.0.1:2/simple/',
        why: packageIndexAt('').why,
      },
    ],
  })
})
