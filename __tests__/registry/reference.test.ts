import { expect, test } from 'vitest'
import {
  apiHost,
  isDigest,
  isIn,
  isLoopback,
  isSameRepository,
  partsOfReference,
  pathProblem,
  registryProblem,
} from '../../src/registry/reference.ts'

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`

const HOSTS = ['registry.cern.ch', 'localhost', 'localhost:5000', 'harbor:443', 'a-b.c--d.example', 'CERN.ch']
test.each([...HOSTS, '10.0.0.255:65535', '[::1]', '[2001:db8::1]:5000'])('%s is a registry', host => {
  expect(registryProblem(host)).toBeUndefined()
})

test.each([
  { hosts: ['https://ghcr.io', 'HTTP://ghcr.io'], problem: 'leave "https://" out' },
  { hosts: ['ghcr.io/dmwm'], problem: 'the path belongs in project' },
  { hosts: ['harbor'], problem: 'write the full host name' },
  {
    hosts: ['ghcr.io:', 'ghcr.io:x', 'ghcr..io', '-a.io', 'a-.io', '.io', 'io.', ''],
    problem: 'not a host name',
  },
  {
    hosts: ['a_b.io', 'u@ghcr.io', 'ghcr.io\n', 'ghçr.io', '::1', '[::1', '[::g]'],
    problem: 'not a host name',
  },
  // No request can be sent there, or only to another host.
  { hosts: ['127.999.1.1', '10.0.0.256:5000', '1.2.3.4.5', 'registry.256'], problem: 'not a host name' },
  {
    hosts: ['010.0.0.1', '0x7f.0.0.1', '[:::::]', 'ghcr.io:0', 'ghcr.io:65536'],
    problem: 'not a host name',
  },
])('$hosts: $problem', ({ hosts, problem }) => {
  for (const host of hosts) expect(registryProblem(host), host).toContain(problem)
})

test.each([
  ['ghcr.io/a/b', 'ghcr.io', 'a/b', undefined, undefined],
  ['GHCR.io:5000/A/b:C', 'GHCR.io:5000', 'a/b', 'C', undefined],
  [`localhost:5000/b@${sha256}`, 'localhost:5000', 'b', undefined, sha256],
  [`[::1]:5000/a:b@${sha256}`, '[::1]:5000', 'a', 'b', sha256],
  ['reqmgr2:2.3', '', 'reqmgr2', '2.3', undefined],
  ['a/b@c@d', 'a', 'b', undefined, 'c@d'],
  ['', '', '', undefined, undefined],
])('%s in its parts', (reference, registry, path, tag, digest) => {
  expect(partsOfReference(reference)).toEqual({ repository: { registry, path }, tag, digest })
})

test.each([
  ['ghcr.io', 'a', 'GHCR.io:443', 'a', true],
  ['docker.io', 'busybox', 'registry-1.docker.io', 'library/busybox', true],
  ['ghcr.io', 'a', 'ghcr.io:80', 'a', false],
  ['ghcr.io', 'a', 'ghcr.io', 'library/a', false],
])('%s/%s and %s/%s are one repository: %s', (registry, path, other, otherPath, isSame) => {
  expect(isSameRepository({ registry, path }, { registry: other, path: otherPath })).toBe(isSame)
})

const PATHS = ['reqmgr2', 'cmswmcore/reqmgr2', 'a/b/c/d', 'a.b', 'a_b', 'a__b', 'a-b', 'a----b', '0/1']
test.each([...PATHS, 'a'.repeat(247)])('%s is a repository', path => {
  expect(pathProblem('ghcr.io', path)).toBeUndefined()
})

test.each([
  { paths: ['', '/a', 'a//b', 'a/'], problem: 'it has an empty part' },
  { paths: ['a/ReqMgr2'], problem: '"ReqMgr2" is not of a-z' },
  { paths: ['.a', 'a.', 'a..b', 'a___b', '-a', 'a-', 'a.-b', 'a b', 'a:b', 'a@b'], problem: 'is not of a-z' },
  { paths: ['ä', '..', 'a\n', '$(id)'], problem: 'is not of a-z' },
  { paths: ['a'.repeat(248)], problem: 'more than 255 characters' },
])('$paths: $problem', ({ paths, problem }) => {
  for (const path of paths) expect(pathProblem('ghcr.io', path), path).toContain(problem)
})

test('digests are of two algorithms, and nothing else', () => {
  const others = [
    sha256.toUpperCase(),
    `${sha256}0`,
    `${sha256}\n`,
    `sha512:${'0'.repeat(64)}`,
    '0'.repeat(64),
    7,
  ]
  expect([sha256, `sha512:${'0'.repeat(128)}`].filter(isDigest)).toHaveLength(2)
  expect([...others, `md5:${'0'.repeat(32)}`, undefined].filter(isDigest)).toEqual([])
})

test.each([
  { registry: 'registry.cern.ch:8443', host: 'registry.cern.ch:8443' },
  { registry: 'docker.io', host: 'registry-1.docker.io' },
  { registry: 'index.docker.io', host: 'registry-1.docker.io' },
  { registry: 'docker.io.example.com', host: 'docker.io.example.com' },
])('$registry is asked at $host', ({ registry, host }) => {
  expect(apiHost(registry)).toBe(host)
})

test.each([
  { is: true, hosts: ['LocalHost:5000', 'localhost', '127.255.255.254', '[::1]:5000'] },
  {
    is: false,
    hosts: ['localhost.example.com', '127.0.0.1.example.com', '128.0.0.1:5000', '[::2]', 'ghcr.io'],
  },
])('$hosts: this machine is $is', ({ is, hosts }) => {
  for (const host of hosts) expect(isLoopback(host), host).toBe(is)
})

const DIGEST = `sha256:${'0'.repeat(64)}`
test.each([
  { of: 'ghcr.io/dmwm/a', same: ['ghcr.io/dmwm/a', 'ghcr.io/dmwm/a:1', `ghcr.io/dmwm/a:1@${DIGEST}`] },
  { of: 'ghcr.io/dmwm/a', same: [`ghcr.io/dmwm/a@${DIGEST}`, 'GHCR.io/dmwm/a:1', 'ghcr.io:443/dmwm/a'] },
  {
    of: 'ghcr.io/dmwm/a',
    other: ['ghcr.io/dmwm/a-cache', 'ghcr.io/dmwm/a/b', 'ghcr.io/dmwm', 'dmwm/a', 'a', ''],
  },
  { of: 'docker.io/cmssw/a', same: ['cmssw/a:1', 'docker.io/cmssw/a', 'registry-1.docker.io/cmssw/a'] },
  { of: 'docker.io/cmssw/a', other: ['a', 'library/a', 'cmssw/a2', 'localhost/cmssw/a'] },
  { of: 'index.docker.io/library/busybox', same: ['busybox:1', 'library/busybox', 'docker.io/busybox'] },
  { of: 'localhost:5000/a', same: ['localhost:5000/a:1'] },
  { of: 'localhost:5000/a', other: ['localhost:5001/a', 'localhost/a', 'a'] },
])('$of is what $same names, and not $other', ({ of, same = [], other = [] }) => {
  const [registry = '', ...path] = of.split('/')
  const repository = { registry, path: path.join('/') }
  for (const reference of same) expect(isIn(repository, reference), reference).toBe(true)
  for (const reference of other) expect(isIn(repository, reference), reference).toBe(false)
})
