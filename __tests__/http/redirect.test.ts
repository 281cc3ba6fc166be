import { expect, test } from 'vitest'
import { redirectTo } from '../../src/http/redirect.ts'

const headers = { accept: '*/*', Authorization: 'Basic eA==' }
const without = { accept: '*/*' }

test.each([
  { from: 'https://a.example/v2/x', location: '/v2/y', to: 'https://a.example/v2/y', keeps: true },
  { from: 'https://a.example/v2/x', location: 'y?z=1', to: 'https://a.example/v2/y?z=1', keeps: true },
  { from: 'https://a.example/', location: 'https://a.example:443/y', to: 'https://a.example/y', keeps: true },
  { from: 'https://a.example/', location: 'https://A.example/y', to: 'https://a.example/y', keeps: true },
  {
    from: 'http://a.example:5000/',
    location: '//a.example:5000/y',
    to: 'http://a.example:5000/y',
    keeps: true,
  },
  { from: 'https://a.example/', location: 'https://b.example/y', to: 'https://b.example/y', keeps: false },
  {
    from: 'https://a.example/',
    location: 'https://b.a.example/y',
    to: 'https://b.a.example/y',
    keeps: false,
  },
  {
    from: 'https://a.example/',
    location: 'https://a.example:8443/',
    to: 'https://a.example:8443/',
    keeps: false,
  },
  // The same host and port by name, and another server: only the scheme tells.
  { from: 'http://a.example/', location: 'https://a.example/', to: 'https://a.example/', keeps: false },
  {
    from: 'http://a.example:5000/',
    location: 'https://a.example:5000/',
    to: 'https://a.example:5000/',
    keeps: false,
  },
  {
    from: 'http://127.0.0.1:5000/',
    location: 'http://localhost:5000/',
    to: 'http://localhost:5000/',
    keeps: false,
  },
])('from $from to $location: keeps the Authorization header: $keeps', ({ from, location, to, keeps }) => {
  const target = redirectTo(location, { url: new URL(from), headers })
  expect({ ...target, url: target.url.href }).toEqual({ url: to, headers: keeps ? headers : without })
})

test.each([
  { from: 'https://a.example/', location: 'http://a.example/', says: 'to http://a.example' },
  { from: 'https://a.example/', location: 'ftp://a.example/', says: 'to ftp://a.example' },
  { from: 'http://a.example/', location: 'file:///etc/passwd', says: 'to file://' },
  { from: 'https://a.example/', location: 'https://', says: 'to no address' },
  { from: 'https://a.example/', location: 'https://user:word@', says: 'to no address' },
])('from $from to $location is not followed', ({ from, location, says }) => {
  expect(() => redirectTo(location, { url: new URL(from), headers })).toThrow(
    `a redirect from ${new URL(from).origin} ${says}`,
  )
})
