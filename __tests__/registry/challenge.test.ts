import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from '../../src/registry/authorization.ts'

/** The challenges of a header, each as a scheme and its parameters. */
const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

const A = ['basic', { realm: 'a' }]
const B = ['bearer', { realm: 'b' }]
const SCOPE = 'repository:a/b:pull,push'
const HUB = { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: SCOPE }

// RFC 9110, 11.6.1
test.each([
  { header: '', challenges: [] },
  { header: 'Basic', challenges: [['basic', {}]] },
  {
    header: `Bearer realm="${HUB.realm}",service="${HUB.service}",scope="${SCOPE}"`,
    challenges: [['bearer', HUB]],
  },
  { header: 'BEARER Realm="X", SERVICE=y', challenges: [['bearer', { realm: 'X', service: 'y' }]] },
  { header: 'Bearer realm = "x" , service = y', challenges: [['bearer', { realm: 'x', service: 'y' }]] },
  { header: 'Bearer realm="a \\"b\\", c\\\\"', challenges: [['bearer', { realm: 'a "b", c\\' }]] },
  { header: 'Bearer realm="Basic realm=x, y"', challenges: [['bearer', { realm: 'Basic realm=x, y' }]] },
  { header: 'Basic realm="a", Bearer realm="b", Digest', challenges: [A, B, ['digest', {}]] },
  { header: 'Negotiate,Basic realm="a"', challenges: [['negotiate', {}], A] },
  // One value, not parameters (token68).
  { header: 'Negotiate YII, Basic realm="a"', challenges: [['negotiate', {}], A] },
  { header: 'Negotiate a-b._~+/==, Basic realm="a"', challenges: [['negotiate', {}], A] },
  // Empty elements of a list are ignored (5.6.1.2).
  { header: ', Basic realm="a",', challenges: [A] },
  { header: 'Basic realm="a" , , Bearer realm="b"', challenges: [A, B] },
  // One that was cut off is left out.
  { header: 'Bearer realm="https://auth', challenges: [] },
  { header: 'Bearer realm=', challenges: [] },
  { header: 'Bearer realm="a",service="b', challenges: [] },
  { header: 'Bearer realm="a",service=', challenges: [] },
  { header: 'Bearer realm="a\\', challenges: [] },
  { header: 'Basic realm="a", Bearer realm="b', challenges: [A] },
])('$header', ({ header, challenges }) => {
  expect(read(header)).toEqual(challenges)
})

test('what is written by the grammar is read back', () => {
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
  fc.assert(
    fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), challenges => {
      const header = challenges.map(({ scheme, parameters }) => {
        const written = parameters.map(
          ({ name, value, before, after }) => `${name}${before}=${after}"${value.replace(/["\\]/g, '\\$&')}"`,
        )
        return [scheme, written.join(',')].join(written.length === 0 ? '' : ' ')
      })
      const expected = challenges.map(({ scheme, parameters }) => [
        scheme.toLowerCase(),
        Object.fromEntries(parameters.map(({ name, value }) => [name.toLowerCase(), value])),
      ])
      expect(read(header.join(', '))).toEqual(expected)
    }),
  )
})
