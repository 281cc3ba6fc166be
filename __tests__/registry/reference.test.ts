import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  apiOrigin,
  byDigest,
  type Digest,
  imageName,
  isDigest,
  isLoopback,
  pathProblem,
  registryProblem,
  tagged,
} from '../../src/registry/reference.ts'

const sha256: Digest = `sha256:${'0123456789abcdef'.repeat(4)}`

test('the references of a repository', () => {
  const repository = { registry: 'registry.cern.ch:443', path: 'cmswmcore/reqmgr2' }
  expect(imageName(repository)).toBe('registry.cern.ch:443/cmswmcore/reqmgr2')
  expect(tagged(repository, '2.3.4-stable')).toBe('registry.cern.ch:443/cmswmcore/reqmgr2:2.3.4-stable')
  expect(byDigest(repository, sha256)).toBe(`registry.cern.ch:443/cmswmcore/reqmgr2@${sha256}`)
})

describe('the host of a registry', () => {
  test.each([
    'registry.cern.ch',
    'ghcr.io',
    'localhost',
    'localhost:5000',
    'harbor:443',
    'a-b.c--d.example',
    'Registry.CERN.ch',
    '10.0.0.255:65535',
    '[::1]',
    '[2001:db8::1]:5000',
  ])('%s is one', host => {
    expect(registryProblem(host)).toBeUndefined()
  })

  test.each([
    { host: '', problem: 'it is empty' },
    { host: 'https://ghcr.io', problem: 'it is an address; leave "https://" out' },
    { host: 'HTTP://ghcr.io', problem: 'it is an address; leave "https://" out' },
    { host: 'ghcr.io/dmwm', problem: 'it contains "/"; the path belongs in project' },
    {
      host: 'harbor',
      problem: 'docker takes a name without dot or port for a user of Docker Hub; write the full host name',
    },
    { host: 'ghcr.io:0', problem: 'there is no port 0' },
    { host: 'ghcr.io:65536', problem: 'there is no port 65536' },
    ...[
      'ghcr.io:',
      'ghcr.io:x',
      'ghcr..io',
      '-a.io',
      'a-.io',
      '.io',
      'io.',
      'a_b.io',
      'user@ghcr.io',
      'ghcr.io\n',
      'ghçr.io',
      '::1',
      '[::1',
      '[::g]',
    ].map(host => ({ host, problem: 'it is not a host name with an optional port' })),
  ])('$host is none: $problem', ({ host, problem }) => {
    expect(registryProblem(host)).toBe(problem)
  })

  test.each([
    '127.999.1.1',
    '10.0.0.256:5000',
    '1.2.3.4.5',
    'registry.256',
    '010.0.0.1',
    '0x7f.0.0.1',
    '[:::::]',
  ])('%s is none: no request can be sent there, or only to another host', host => {
    expect(registryProblem(host)).toBeDefined()
  })
})

describe('the path of a repository', () => {
  test.each(['reqmgr2', 'cmswmcore/reqmgr2', 'a/b/c/d', 'a.b', 'a_b', 'a__b', 'a-b', 'a----b', '0/1'])(
    '%s is one',
    path => {
      expect(pathProblem('ghcr.io', path)).toBeUndefined()
    },
  )

  test.each([
    { path: '', problem: 'it has an empty part' },
    { path: '/a', problem: 'it has an empty part' },
    { path: 'a//b', problem: 'it has an empty part' },
    { path: 'a/', problem: 'it has an empty part' },
    { path: 'a/ReqMgr2', problem: '"ReqMgr2" has capitals' },
    ...['.a', 'a.', 'a..b', 'a___b', '-a', 'a-', 'a.-b', 'a b', 'a:b', 'a@b', 'ä', '..', 'a\n', '$(id)'].map(
      path => ({
        path,
        problem: `${JSON.stringify(path)} is not of a-z and 0-9 with single ".", "_", "__" or "-" between`,
      }),
    ),
    { path: 'a'.repeat(248), problem: 'with the registry it has 256 characters, more than 255' },
  ])('$path is none: $problem', ({ path, problem }) => {
    expect(pathProblem('ghcr.io', path)).toBe(problem)
  })

  test('the longest name has 255 characters', () => {
    expect(pathProblem('ghcr.io', 'a'.repeat(247))).toBeUndefined()
  })
})

test.each([
  { text: sha256, is: true },
  { text: `sha512:${'0'.repeat(128)}`, is: true },
  { text: sha256.toUpperCase(), is: false },
  { text: sha256.slice(0, -1), is: false },
  { text: `${sha256}0`, is: false },
  { text: `${sha256}\n`, is: false },
  { text: `sha512:${'0'.repeat(64)}`, is: false },
  { text: `md5:${'0'.repeat(32)}`, is: false },
  { text: '0'.repeat(64), is: false },
  { text: undefined, is: false },
  { text: 7, is: false },
])('isDigest($text) is $is', ({ text, is }) => {
  expect(isDigest(text)).toBe(is)
})

test.each([
  { registry: 'registry.cern.ch', origin: 'https://registry.cern.ch' },
  { registry: 'registry.cern.ch:8443', origin: 'https://registry.cern.ch:8443' },
  { registry: 'docker.io', origin: 'https://registry-1.docker.io' },
  { registry: 'index.docker.io', origin: 'https://registry-1.docker.io' },
  { registry: 'docker.io.example.com', origin: 'https://docker.io.example.com' },
  { registry: 'localhost', origin: 'http://localhost' },
  { registry: 'LocalHost:5000', origin: 'http://LocalHost:5000' },
  { registry: '127.0.0.1:5000', origin: 'http://127.0.0.1:5000' },
  { registry: '127.255.255.254', origin: 'http://127.255.255.254' },
  { registry: '[::1]:5000', origin: 'http://[::1]:5000' },
  { registry: 'localhost.example.com', origin: 'https://localhost.example.com' },
  { registry: '127.0.0.1.example.com', origin: 'https://127.0.0.1.example.com' },
  { registry: '128.0.0.1:5000', origin: 'https://128.0.0.1:5000' },
  { registry: '10.127.0.0', origin: 'https://10.127.0.0' },
  { registry: '[::2]', origin: 'https://[::2]' },
])('$registry is asked at $origin', ({ registry, origin }) => {
  expect(apiOrigin(registry)).toBe(origin)
  expect(isLoopback(registry)).toBe(origin.startsWith('http:'))
})

describe("the distribution project's grammar", () => {
  const component = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?$/)
  const lastComponent = fc.stringMatching(/^[A-Za-z]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?$/)
  const port = fc.integer({ min: 1, max: 65_535 }).map(number => `:${number}`)
  const host = fc
    .tuple(fc.array(component, { minLength: 1, maxLength: 4 }), lastComponent, fc.option(port, { nil: '' }))
    .map(([components, last, end]) => `${[...components, last].join('.')}${end}`)
  const separator = fc.oneof(fc.constantFrom('.', '_', '__'), fc.stringMatching(/^-{1,5}$/))
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  const pathComponent = fc
    .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
    .map(([first, others]) => first + others.flat().join(''))
  const path = fc.array(pathComponent, { minLength: 1, maxLength: 4 }).map(components => components.join('/'))

  const withOneMore = (text: fc.Arbitrary<string>, characters: string) =>
    fc.tuple(text, fc.nat(), fc.constantFrom(...characters)).map(([whole, at, character]) => {
      const cut = at % (whole.length + 1)
      return whole.slice(0, cut) + character + whole.slice(cut)
    })

  test('what it allows is accepted', () => {
    fc.assert(
      fc.property(host, path, (registry, repository) => {
        expect([registryProblem(registry), pathProblem(registry, repository)]).toEqual([undefined, undefined])
      }),
    )
  })

  test('one character that it does not allow makes it refused', () => {
    const wrongHost = withOneMore(host, ' _!?#@%$\\/*"\n\t\0é٣')
    const wrongPath = withOneMore(path, ' A!?#@%$\\:*"\n\t\0é٣')
    fc.assert(
      fc.property(wrongHost, wrongPath, (registry, repository) => {
        expect(registryProblem(registry)).toBeDefined()
        expect(pathProblem('ghcr.io', repository)).toBeDefined()
      }),
    )
  })

  test('what is accepted can be asked, and is the host that is asked', () => {
    const number = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('0x7f', '017', '4294967296'))
    const numbers = fc.array(number, { minLength: 2, maxLength: 5 }).map(parts => parts.join('.'))
    fc.assert(
      fc.property(fc.oneof(host, numbers), registry => {
        if (registryProblem(registry) !== undefined) return
        const origin = apiOrigin(registry)
        expect(URL.canParse(origin) && new URL(origin).hostname).toBe(
          registry.replace(/:.*/, '').toLowerCase(),
        )
      }),
    )
  })
})
