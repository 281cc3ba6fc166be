import { expect, test } from 'vitest'
import { realmProblem } from '../../src/registry/realm.ts'

const PUBLIC = 'https://registry.example'
const PLAIN = 'http://127.0.0.1:5000'
const NUMBER = 'https://10.0.0.5:5000'

test.each([
  { registry: PUBLIC, realms: ['https://auth.example:8443/token?a=b', 'https://10.0.0.1.example/'] },
  // A name is not looked up, whatever it may lead to.
  { registry: PUBLIC, realms: ['https://intranet/token', 'https://localhost.example/'] },
  // The registry's own host, at any port.
  { registry: NUMBER, realms: ['https://10.0.0.5/token', 'https://auth.example/'] },
  { registry: 'https://[fd00::5]', realms: ['https://[fd00:0:0::5]:8443/token'] },
  // This machine has several names.
  { registry: PLAIN, realms: ['http://127.0.0.1:6000/', 'https://localhost:6000/', 'http://[::1]:6000/'] },
  { registry: PLAIN, realms: ['http://auth.example/token'] },
])('$registry may send to $realms', ({ registry, realms }) => {
  for (const realm of realms) expect(realmProblem(realm, registry), realm).toBeUndefined()
})

const OTHERS = ['10.0.0.6', '169.254.169.254', '8.8.8.8', '[2606:4700::1]', '[fd00::1]']
const THIS = ['localhost', 'localhost.', 'auth.localhost', '127.0.0.1.', '[::1]', '[::ffff:127.0.0.1]']
/** The same numbers, written otherwise. */
const DISGUISED = [
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '１２７.0.0.1',
  '%31%30.0.0.1',
]

test.each([
  { registry: PUBLIC, realms: ['http://registry.example/', 'ftp://a.example/', '/token', '', 'https://'] },
  { registry: PLAIN, realms: ['file:///token', 'http://10.0.0.1/', 'http://169.254.169.254/'] },
  { registry: PUBLIC, realms: [...OTHERS, ...THIS, ...DISGUISED].map(host => `https://${host}/`) },
  { registry: NUMBER, realms: [...OTHERS, ...THIS].map(host => `https://user:word@${host}/`) },
])('$registry may not send to $realms', ({ registry, realms }) => {
  for (const realm of realms) expect(realmProblem(realm, registry), realm).toBeDefined()
})
