import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from '../../src/registry/challenge.ts'

/** The challenges of a header, each as a scheme and its parameters. */
const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

describe('RFC 9110, 11.6.1', () => {
  test.each([
    { header: '', challenges: [] },
    { header: 'Basic', challenges: [['basic', {}]] },
    { header: 'Basic realm="harbor"', challenges: [['basic', { realm: 'harbor' }]] },
    {
      header:
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      challenges: [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    },
    { header: 'BEARER Realm="X", SERVICE=y', challenges: [['bearer', { realm: 'X', service: 'y' }]] },
    { header: 'Bearer realm = "x" , service = y', challenges: [['bearer', { realm: 'x', service: 'y' }]] },
    {
      header: 'Bearer realm="a \\"b\\", c\\\\",service=""',
      challenges: [['bearer', { realm: 'a "b", c\\', service: '' }]],
    },
    { header: 'Bearer realm="Basic realm=x, y"', challenges: [['bearer', { realm: 'Basic realm=x, y' }]] },
    {
      header: 'Basic realm="a", Bearer realm="b",service="c", Digest',
      challenges: [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b', service: 'c' }],
        ['digest', {}],
      ],
    },
    {
      header: 'Negotiate,Basic realm="a"',
      challenges: [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    },
  ])('$header', ({ header, challenges }) => {
    expect(read(header)).toEqual(challenges)
  })

  test.each(['Negotiate YII', 'Negotiate YII=', 'Negotiate a-b._~+/=='])(
    '%s: one value, not parameters (token68)',
    first => {
      expect(read(`${first}, Basic realm="a"`)).toMatchObject([
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ])
    },
  )

  test.each([
    ', Basic realm="a"',
    'Basic realm="a",',
    'Basic realm="a",,Bearer realm="b"',
    'Basic realm="a" , , Bearer realm="b"',
  ])('%s: empty elements of a list are ignored (5.6.1.2)', header => {
    const both = [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ]
    expect(read(header)).toEqual(header.includes('Bearer') ? both : both.slice(0, 1))
  })
})

describe('a challenge that was cut off is left out', () => {
  test.each([
    { header: 'Bearer realm="https://auth', challenges: [] },
    { header: 'Bearer realm=', challenges: [] },
    { header: 'Bearer realm="a",service="b', challenges: [] },
    { header: 'Bearer realm="a",service=', challenges: [] },
    { header: 'Bearer realm="a\\', challenges: [] },
    { header: 'Basic realm="a", Bearer realm="b', challenges: [['basic', { realm: 'a' }]] },
  ])('$header', ({ header, challenges }) => {
    expect(read(header)).toEqual(challenges)
  })
})

describe('anything', () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
  const space = fc.constantFrom('', ' ', '\t ')
  const parameter = fc.record({
    name: token,
    value: fc.string({ maxLength: 20 }),
    before: space,
    after: space,
  })
  const challenge = fc.record({
    scheme: token,
    parameters: fc.uniqueArray(parameter, { maxLength: 4, selector: ({ name }) => name.toLowerCase() }),
  })

  test('what is written by the grammar is read back', () => {
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), challenges => {
        const header = challenges.map(({ scheme, parameters }) => {
          const written = parameters.map(({ name, value, before, after }) => {
            const quoted = value.replace(/["\\]/g, '\\$&')
            return `${name}${before}=${after}"${quoted}"`
          })
          return [scheme, written.join(',')].join(written.length === 0 ? '' : ' ')
        })
        expect(read(header.join(', '))).toEqual(
          challenges.map(({ scheme, parameters }) => [
            scheme.toLowerCase(),
            Object.fromEntries(parameters.map(({ name, value }) => [name.toLowerCase(), value])),
          ]),
        )
      }),
    )
  })

  test('no header crashes it', () => {
    const piece = fc.oneof(
      fc.constantFrom('Bearer', 'Basic ', 'realm', '=', '"', '\\', ',', ' ', 'a="b"'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join('')),
    )
    fc.assert(
      fc.property(header, text => {
        expect(parseChallenges(text)).toBeInstanceOf(Array)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    { what: 'a token', header: 'a'.repeat(1_000_000) },
    { what: 'spaces', header: `a${' '.repeat(500_000)}b${' '.repeat(500_000)}` },
    { what: 'a value that does not end', header: `a b="${'x'.repeat(1_000_000)}` },
    { what: 'backslashes', header: `a b="${'\\'.repeat(1_000_001)}` },
    { what: 'commas', header: ','.repeat(1_000_000) },
    { what: 'schemes', header: 'a,'.repeat(200_000) },
    { what: 'parameters', header: `a ${'b="",'.repeat(200_000)}` },
    { what: 'parameters and a value that does not end', header: `a ${'b="",'.repeat(100_000)}b="` },
    { what: 'challenges', header: 'a b=1,'.repeat(150_000) },
  ])('a megabyte of $what is read in one pass', ({ header }) => {
    expect(parseChallenges(header)).toBeInstanceOf(Array)
  })
})
