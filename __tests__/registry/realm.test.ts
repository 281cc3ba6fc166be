import { describe, expect, test } from 'vitest'
import { realmProblem } from '../../src/registry/realm.ts'

const PUBLIC = 'https://registry.example'
const PLAIN = 'http://127.0.0.1:5000'
const SELF = 'http://localhost:5000'

test.each([
  { registry: PUBLIC, realm: 'https://auth.example/token' },
  { registry: PUBLIC, realm: 'https://auth.example:8443/token?a=b' },
  { registry: PUBLIC, realm: 'https://192.0.3.7/token' },
  { registry: PUBLIC, realm: 'https://[2606:4700::1]/token' },
  { registry: PUBLIC, realm: 'https://172.15.255.255/' },
  { registry: PUBLIC, realm: 'https://172.32.0.0/' },
  { registry: PUBLIC, realm: 'https://100.63.255.255/' },
  { registry: PUBLIC, realm: 'https://100.128.0.0/' },
  { registry: PUBLIC, realm: 'https://169.253.255.255/' },
  { registry: PUBLIC, realm: 'https://192.0.1.0/' },
  { registry: PUBLIC, realm: 'https://198.17.255.255/' },
  { registry: PUBLIC, realm: 'https://198.20.0.0/' },
  { registry: PUBLIC, realm: 'https://223.255.255.255/' },
  { registry: PUBLIC, realm: 'https://[2000::1]/' },
  { registry: PUBLIC, realm: 'https://[2001:200::1]/' },
  { registry: PUBLIC, realm: 'https://[2003::1]/' },
  { registry: PUBLIC, realm: 'https://fc00.example/' },
  { registry: PUBLIC, realm: 'https://10.0.0.1.example/' },
  // A name is not looked up, whatever it may lead to.
  { registry: PUBLIC, realm: 'https://intranet/token' },
  // The registry's own host, at any port.
  { registry: 'https://10.0.0.5:5000', realm: 'https://10.0.0.5/token' },
  { registry: 'https://[fd00::5]', realm: 'https://[fd00:0:0::5]:8443/token' },
  // This machine has several names.
  { registry: PLAIN, realm: 'http://127.0.0.1:6000/token' },
  { registry: PLAIN, realm: 'https://localhost:6000/token' },
  { registry: SELF, realm: 'http://[::1]:6000/token' },
  { registry: SELF, realm: 'http://auth.example/token' },
])('$registry may send to $realm', ({ registry, realm }) => {
  expect(realmProblem(realm, new URL(registry))).toBeUndefined()
})

describe('no credentials go', () => {
  test.each([
    { registry: PUBLIC, realm: 'http://auth.example/token' },
    { registry: PUBLIC, realm: 'http://registry.example/token' },
    { registry: PUBLIC, realm: 'ftp://auth.example/token' },
    { registry: PLAIN, realm: 'file:///token' },
    { registry: PUBLIC, realm: '/token' },
    { registry: PUBLIC, realm: '' },
    { registry: PUBLIC, realm: 'https://' },
  ])('from $registry to $realm: not an https address', ({ registry, realm }) => {
    expect(realmProblem(realm, new URL(registry))).toBe('is not an https address')
  })

  test.each([
    'https://0.0.0.0/',
    'https://10.0.0.1/token',
    'https://10.255.255.255:8443/token',
    'https://100.64.0.1/',
    'https://100.127.255.255/',
    'https://127.0.0.1/',
    'https://127.1.2.3/',
    'https://169.254.169.254/latest/meta-data/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.0.0.1/',
    'https://192.0.2.1/',
    'https://192.88.99.1/',
    'https://192.168.0.1/',
    'https://198.18.0.1/',
    'https://198.19.255.255/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://224.0.0.1/',
    'https://239.255.255.255/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[fc00::1]/',
    'https://[fdff:ffff::1]/',
    'https://[fe80::1]/',
    'https://[febf::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[100::1]/',
    'https://[5f00::1]/',
    'https://[3fff::1]/',
    'https://[2001:db8::1]/',
    'https://localhost/',
    'https://localhost./',
    'https://auth.localhost/',
    // The same numbers, written otherwise.
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://0xa9fea9fe/',
    'https://2852039166/',
    'https://１２７.0.0.1/',
    'https://%31%30.0.0.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    // IPv4 addresses inside of IPv6: compatible, translated, Teredo, 6to4.
    'https://[::10.0.0.1]/',
    'https://[::ffff:0:10.0.0.1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[64:ff9b:1::a9fe:a9fe]/',
    'https://[2001::f5ff:fffe]/',
    'https://[2002:a00:1::1]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://user:word@10.0.0.1/',
  ])('to the special address %s', realm => {
    expect(realmProblem(realm, new URL(PUBLIC))).toBe(
      "is a private or reserved address, and not the registry's own",
    )
  })

  test.each([
    { registry: 'https://10.0.0.5', realm: 'https://10.0.0.6/' },
    { registry: 'https://10.0.0.5', realm: 'https://127.0.0.1/' },
    { registry: PLAIN, realm: 'http://10.0.0.1/' },
    { registry: SELF, realm: 'http://169.254.169.254/' },
  ])('from $registry to another private address, $realm', ({ registry, realm }) => {
    expect(realmProblem(realm, new URL(registry))).toBe(
      "is a private or reserved address, and not the registry's own",
    )
  })
})
