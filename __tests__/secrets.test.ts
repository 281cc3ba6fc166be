import { describe, expect, test } from 'vitest'
import { causesOf, errorTitles, ReleaseError } from '../src/errors.ts'
import { InterruptedError } from '../src/interruption.ts'
import { cutAuthorization, Secrets } from '../src/secrets.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const LOGIN = { username: 'robot$project+name', password: 'p"a&s$1 w%6Frd' }
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl'

describe('a login is masked in every form in which a server could send it back', () => {
  const secrets = new Secrets()
  secrets.addLogin(LOGIN)
  const both = `${LOGIN.username}:${LOGIN.password}`
  test.each([
    { form: 'as it is', text: LOGIN.password },
    { form: 'with its name', text: both },
    { form: 'in JSON', text: JSON.stringify({ password: LOGIN.password }) },
    { form: 'in an address', text: `https://x/?p=${encodeURIComponent(LOGIN.password)}` },
    { form: 'in a form', text: new URLSearchParams({ p: LOGIN.password }).toString() },
    { form: 'in base64', text: base64(LOGIN.password) },
    { form: 'as it is sent', text: `credentials ${base64(both)} are wrong` },
    { form: 'as it is sent, for addresses', text: Buffer.from(both).toString('base64url') },
  ])('$form', ({ text }) => {
    const masked = secrets.mask(text)
    expect(masked).toContain('***')
    const parts = [base64(both).slice(4, 11), base64(LOGIN.password).slice(0, 8), 'w%6Frd', 'w%256Frd']
    for (const part of parts) expect(masked).not.toContain(part)
  })
})

test.each([
  { secret: '', text: 'a text', masked: 'a text' },
  { secret: 'abc', text: 'abc YWJj', masked: 'abc YWJj' },
  { secret: 'abcd', text: 'xabcdx', masked: 'x***x' },
  { secret: '$&$1', text: 'x$&$1x', masked: 'x***x' },
  { secret: '.*+?', text: 'x.*+?x and abcde', masked: 'x***x and abcde' },
  // As the log shows it.
  { secret: 'a\tb##[c', text: 'the a\\u0009b##\\u005bc', masked: 'the ***' },
  { secret: 'first line\nsecond line', text: 'the second line', masked: 'the ***' },
])('the secret $secret makes $text $masked', ({ secret, text, masked }) => {
  const secrets = new Secrets()
  secrets.add(secret)
  expect(secrets.mask(text)).toBe(masked)
})

test.each([
  { password: '', forms: [] },
  // Too short to be masked alone; with its name it is not.
  { password: 'abc', forms: ['bob:abc', 'bob%3Aabc', base64('bob:abc').replace(/=+$/, '')] },
])('of a login with the password "$password", $forms.length forms are masked', ({ password, forms }) => {
  const told: string[] = []
  new Secrets(form => told.push(form)).addLogin({ username: 'bob', password })
  expect(told).toEqual(forms)
})

test('a secret that is a part of another leaves nothing of it, whichever came first', () => {
  for (const order of [
    ['secret', 'secret-longer'],
    ['secret-longer', 'secret'],
  ]) {
    const secrets = new Secrets()
    order.forEach(secret => {
      secrets.add(secret)
    })
    expect(secrets.mask('secret-longer, secret')).toBe('***, ***')
  }
})

test('everything that is to be masked is told once', () => {
  const told: string[] = []
  const secrets = new Secrets(form => told.push(form))
  secrets.addInputs({ ...LOGIN, 'github-token': TOKEN })
  secrets.addInputs({ ...LOGIN, 'github-token': TOKEN })
  expect(new Set(told).size).toBe(told.length)
  expect(told).toEqual(expect.arrayContaining([LOGIN.password, TOKEN]))
  expect(Math.min(...told.map(({ length }) => length))).toBeGreaterThanOrEqual(4)
})

describe('an error', () => {
  const secrets = new Secrets()
  secrets.add('hunter22')
  const problem = { what: 'It says hunter22.', remedy: 'Change hunter22.' }

  test('keeps its class and its name, and loses the secret, as does what caused it', () => {
    const cause = new Error('hunter22', { cause: 'hunter22' })
    const masked = secrets.maskError(new ReleaseError('push-failed', { ...problem, cause }))
    expect(masked).toBeInstanceOf(ReleaseError)
    expect(masked).toMatchObject({ name: 'push-failed', what: 'It says ***.', remedy: 'Change ***.' })
    expect(causesOf(masked)).toEqual(['It says ***.', '***', '***'])
    expect((masked as Error).stack).not.toContain('hunter22')
    expect((masked as ReleaseError).title).toBe(errorTitles['push-failed'])
  })

  test('keeps what else is known of it', () => {
    const interrupted = secrets.maskError(new InterruptedError('SIGINT'))
    expect(interrupted).toBeInstanceOf(InterruptedError)
    expect(interrupted).toMatchObject({ by: 'SIGINT' })
    const system = Object.assign(new Error('hunter22'), { syscall: 'write', code: 'ENOSPC' })
    expect(secrets.maskError(system)).toMatchObject({ syscall: 'write', code: 'ENOSPC', message: '***' })
  })

  test.each([undefined, null, 7, { a: 'b' }])('that is none, %o, stays', thrown => {
    expect(secrets.maskError(thrown)).toBe(thrown)
  })
})

describe('what is cut out of what a server says', () => {
  const sent = base64('bob:correct horse')
  test.each([
    { says: `Authorization: Basic ${sent}`, shown: 'Authorization: Basic ***' },
    { says: `authorization: bearer ${TOKEN}, sorry`, shown: 'authorization: bearer ***, sorry' },
    { says: 'Authorization: Bearer lowercase', shown: 'Authorization: Bearer ***' },
    { says: `Proxy-Authorization: Basic ${sent}\nHost: a`, shown: 'Proxy-Authorization: Basic ***\nHost: a' },
    { says: `{"Authorization":"Basic ${sent}"}`, shown: '{"Authorization":"Basic ***"}' },
    { says: `{\\"Authorization\\":\\"Basic ${sent}\\"}`, shown: '{\\"Authorization\\":\\"Basic ***\\"}' },
    { says: `{'Authorization': 'Bearer ${TOKEN}'}`, shown: "{'Authorization': 'Bearer ***'}" },
    { says: `map[Authorization:[Basic ${sent}]]`, shown: 'map[Authorization:[Basic ***]]' },
    { says: `Authorization%3A%20Basic%20${sent}`, shown: 'Authorization%3A%20Basic%20***' },
    {
      says: `<td>Authorization</td><td>Basic ${sent}</td>`,
      shown: '<td>Authorization</td><td>Basic ***</td>',
    },
    { says: 'Authorization: Basic cm9ib3Q6U\\u002BdzBy\\u002FZA==', shown: 'Authorization: Basic ***' },
    { says: 'Authorization: Basic cm9ib3Q6U&#43;dzByZA==', shown: 'Authorization: Basic ***' },
    { says: 'Basic%20cm9ib3Q6U%2bdzByZA%3d%3d', shown: 'Basic%20***' },
    { says: `invalid credentials Basic ${sent}`, shown: 'invalid credentials Basic ***' },
    { says: `denied: Bearer ${TOKEN} has expired`, shown: 'denied: Bearer *** has expired' },
    { says: `Authorization: ${TOKEN}`, shown: 'Authorization: ***' },
    { says: `Authorization: Token ${'0af'.repeat(9)}`, shown: 'Authorization: Token ***' },
  ])('$says', ({ says, shown }) => {
    expect(cutAuthorization(says)).toBe(shown)
  })

  test.each([
    'it asks for neither Basic nor Bearer authentication',
    'Basic Authentication is required, Bearer tokens are not accepted',
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
    'pull access denied for a/b, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    'failed authorization: 401 Unauthorized',
    'at Authorization.header (src/registry/authorization.ts:12:7)',
    '#7 0.312 the basic tests/smoke.py passed; basic smoke_test, too',
    'see /guides/Basic%20authentication%2Ftokens',
  ])('not a sentence: %s', says => {
    expect(cutAuthorization(says)).toBe(says)
  })
})
