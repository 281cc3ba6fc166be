import { describe, expect, test } from 'vitest'
import { withoutSecrets } from '../../src/inputs/address.ts'
import { refusal, runIn, temporaryFolder, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)

test.each([
  { text: 'https://user:s3cret@host/x', shown: 'https://***@host/x' },
  { text: 'https://user:s3@cret@host/x', shown: 'https://***@host/x' },
  { text: 'https://user:s3/cret@host/x', shown: 'https://***@host/x' },
  { text: 'https://user:s3?cr#et@host/x', shown: 'https://***@host/x' },
  { text: 'https://s3cret@host/x', shown: 'https://***@host/x' },
  { text: 'ssh://git:s3cret@host/x', shown: 'ssh://***@host/x' },
  { text: 'user:s3cret@host', shown: '***@host' },
  { text: 'user:s3cret@host:5000/x', shown: '***@host:5000/x' },
  { text: 'https://host/x?token=s3cret', shown: 'https://host/x?token=***' },
  { text: 'https://host/x?a=b&X-Amz-Signature=s3cret#c', shown: 'https://host/x?a=b&X-Amz-Signature=***#c' },
  { text: 'host?access_token=s3cret', shown: 'host?access_token=***' },
])('$text is shown as $shown', ({ text, shown }) => {
  expect(withoutSecrets(text)).toBe(shown)
})

test.each([
  'registry.cern.ch',
  'localhost:5000',
  'https://host:5000/a@b',
  'https://github.com/dmwm/a.git#main:docker/pypi/a',
  'https://github.com/dmwm/a.git?ref=main&subdir=docker',
  'ssh://git@github.com/dmwm/a.git',
  'git@github.com:dmwm/a.git',
  'git@github.com:dmwm/a@b.git',
  'github.com/dmwm/a',
  'reqmgr2:2.3.4@sha256:abc',
  'docker/pypi/a',
])('%s has none', text => {
  expect(withoutSecrets(text)).toBe(text)
})

describe('inputs with a secret in them', () => {
  const has = 'has a password or a token in its address, at'
  const account = 'Leave it out, and give the account with the inputs username and password.'
  test.each<{ given: Parameters<typeof refusal>[0]; says: string; account?: string }>([
    { given: { registry: 'user:s3cret@ghcr.io' }, says: `The input registry ${has} ***@ghcr.io.`, account },
    { given: { registry: 's3cret@ghcr.io' }, says: `The input registry ${has} ***@ghcr.io.`, account },
    {
      given: { registry: 'https://user:s3@cret@ghcr.io/dmwm' },
      says: `The input registry ${has} https://***@ghcr.io/dmwm.`,
      account,
    },
    {
      given: { registry: 'ghcr.io?token=s3cret' },
      says: `The input registry ${has} ghcr.io?token=***.`,
      account,
    },
    {
      given: { project: 'user:s3cret@ghcr.io/dmwm' },
      says: `The input project ${has} ***@ghcr.io/dmwm.`,
      account,
    },
    {
      given: { service: 'https://user:s3cret@ghcr.io/dmwm/a' },
      says: `The input service ${has} https://***@ghcr.io/dmwm/a.`,
      account,
    },
    {
      given: { context: 'https://github.com/dmwm/a.git?token=s3cret' },
      says: `The input context ${has} https://github.com/dmwm/a.git?token=***.`,
    },
    {
      given: { context: 'user:s3cret@github.com/dmwm/a.git' },
      says: `The input context ${has} ***@github.com/dmwm/a.git.`,
    },
    ...['https://user:s3cret@pypi.org/simple/', 'https://user:s3/cret@pypi.org/simple/'].map(index => ({
      given: { 'package-index': index },
      says: `The input package-index ${has} https://***@pypi.org/simple/.`,
    })),
    {
      given: { 'package-index': 'https://pypi.org/simple/?key=s3cret' },
      says: `The input package-index ${has} https://pypi.org/simple/?key=***.`,
    },
  ])('$given', ({ given, says, account = '' }) => {
    const error = refusal(given, run)
    expect(error).toContain(`invalid-input: ${says} It would be seen`)
    expect(error).toContain(account)
    expect(error).not.toMatch(/s3|cret@/)
  })
})

describe('what is not one line', () => {
  const unprintable =
    'it has a line break or another character that can not be seen. Write it on one line, without such characters.'
  test.each([
    { given: { service: 'a\n::error::b' }, says: `The input service is "a\\n::error::b": ${unprintable}` },
    { given: { service: 'a\u009b31mb' }, says: `The input service is "a\\u009b31mb": ${unprintable}` },
    { given: { service: 'a:\u0007b' }, says: `The input service is "a:\\u0007b": ${unprintable}` },
    { given: { project: 'a\r\nb' }, says: `The input project is "a\\r\\nb": ${unprintable}` },
    { given: { registry: 'ghcr.io\nx' }, says: `The input registry is "ghcr.io\\nx": ${unprintable}` },
    { given: { registry: 'ghcr\u202e.io' }, says: `The input registry is "ghcr\\u202e.io": ${unprintable}` },
    {
      given: { tag: '2.3\u0007' },
      says: 'The input tag is "2.3\\u0007": it has a character that can not be seen.',
    },
    {
      given: { tag: 'refs/tags/2\n3' },
      says: 'The input tag is "refs/tags/2\\n3": no git tag has white space.',
    },
    {
      given: { context: 'a\n##[error]b' },
      says: `The input context is "a\\n##\\u005berror]b": there is no directory`,
    },
  ])('$given is refused, and shown in one line', ({ given, says }) => {
    const error = refusal(given, run)
    expect(error).toContain(`invalid-input: ${says}`)
    expect(error).not.toMatch(/\p{Cc}/u)
  })
})
