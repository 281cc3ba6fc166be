import { describe, expect, test } from 'vitest'
import { workflow } from '../../src/inputs/caller.ts'
import { quoted } from '../../src/inputs/invalid.ts'
import { holdsSecret, withoutSecrets } from '../../src/inputs/pasted-secret.ts'
import { type InputTexts, inputNames } from '../../src/inputs/texts.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)

/** Tokens as services make them up; none was ever one. */
const TOKENS = [
  'ghp_s3cretS3cret',
  'ghs_s3cretS3cret',
  'github_pat_11s3cret',
  'glpat-s3cretS3cret',
  'dckr_pat_s3cretS3cret',
  'hvs.s3cretS3cretS3cretS3cret',
  'AKIAS3CRETS3CRETS3CR',
  'eyJhbGciOiJIUzI1NiJ9.eyJzM2NyZXQiOjF9.s3cret',
]

describe('a secret is seen in', () => {
  test.each([
    'https://user:s3cret@host/x',
    'https://user:s3@cret@host/x',
    'https://user:s3/cret@host/x',
    'https://user:s3?cr#et@host/x',
    'https://s3cret@host/x',
    'https://s3cret:@host/x',
    'https:/user:s3cret@host/x',
    'https:\\\\user:s3cret@host/x',
    'HTTPS://user:s3cret@host/x',
    '//user:s3cret@host',
    'ssh://git:s3cret@host/x',
    'git://s3cret@host/x',
    'user:s3cret@host',
    'user:s3cret@host:5000/x',
    'https://host/x?token=s3cret',
    'https://host/?code=s3cret',
    'https://host/x?a=b&X-Amz-Signature=s3cret#c',
    'host?access_token=s3cret',
    'a text with https://user:s3cret@host/x in it',
    '--build-context=name=https://user:s3cret@host/x',
    '-----BEGIN RSA PRIVATE KEY-----',
    ...TOKENS,
    ...TOKENS.map(token => `https://host/${token}/x`),
    ...TOKENS.map(token => `name=${token}`),
  ])('%s', text => {
    expect(holdsSecret(text)).toBe(true)
    expect(quoted(text)).toBe('***')
  })
})

describe('no secret is seen in', () => {
  test.each([
    'registry.cern.ch',
    'localhost:5000',
    'hvs.example.org',
    'https://host:5000/a@b',
    'https://github.com/dmwm/a.git#main:docker/pypi/a',
    'https://github.com/dmwm/a.git?ref=main&subdir=docker',
    'ssh://git@github.com/dmwm/a.git',
    'git@github.com:dmwm/a.git',
    'git@github.com:dmwm/a@b.git',
    'github.com/dmwm/a',
    'reqmgr2:2.3.4@sha256:abc',
    'host:5000/reqmgr2:2.3.4@sha256:abc',
    'docker/pypi/a',
    'node_modules/@types/node',
    '@scope/package@1.0.0',
    'final: vX.Y.Z -> X.Y.Z | X.Y.Z-stable',
    'final: pkg@X.Y.Z -> X.Y.Z',
    '--build-context=base=docker-image://alpine:3@sha256:abc',
    '--cache-from=type=registry,ref=host:5000/a@sha256:abc',
    '--secret=id=GIT_AUTH_TOKEN,env=TOKEN',
    'author=Bob <bob@cern.ch>',
    'robot$project+name',
    'ci / build (node@20)',
  ])('%s', text => {
    expect(holdsSecret(text)).toBe(false)
  })
})

describe('inputs with a secret in them', () => {
  const seems = 'seems to have a password or a token in it, and is not shown. It would be seen'
  const account = 'Leave it out, and give the account with the inputs username and password.'
  test.each<{ given: Partial<InputTexts>; says: string; remedy?: string }>([
    ...['user:s3cret@ghcr.io', 's3cret@ghcr.io', '//user:s3cret@ghcr.io', 'ghcr.io?token=s3cret'].map(
      registry => ({ given: { registry }, says: `The input registry ${seems}`, remedy: account }),
    ),
    {
      given: { project: 'user:s3cret@ghcr.io/dmwm' },
      says: `The input project ${seems}`,
      remedy: account,
    },
    {
      given: { service: 'https://user:s3cret@ghcr.io/dmwm/a' },
      says: `The input service ${seems}`,
      remedy: account,
    },
    ...['https://github.com/a.git?token=s3cret', 'user:s3cret@host/a.git', 'git://s3cret@host/a'].map(
      context => ({
        given: { context },
        says: `The input context ${seems}`,
        remedy: 'give docker the token with the input build-options: --secret=id=GIT_AUTH_TOKEN,env=….',
      }),
    ),
    ...['https://user:s3cret@pypi.org/simple/', 'https://pypi.org/simple/?key=s3cret'].map(index => ({
      given: { 'package-index': index },
      says: `The input package-index ${seems}`,
    })),
    ...(['file', 'policy-file', 'policy', 'tag', 'digest', 'command', 'package'] as const).map(input => ({
      given: { [input]: 'https://user:s3cret@host/x' },
      says: `The input ${input} ${seems}`,
    })),
    {
      given: { 'build-options': '--pull\n\n--build-context=name=https://user:s3cret@host/x' },
      says: `The input build-options, line 3, ${seems}`,
    },
    { given: { labels: 'a=1\nb=ghp_s3cretS3cret' }, says: `The input labels, line 2, ${seems}` },
  ])('$given', ({ given, says, remedy = '' }) => {
    const error = refusal(given, run)
    expect(error).toContain(`invalid-input: ${says}`)
    expect(error).toContain(remedy)
    expect(error).not.toMatch(/s3/i)
  })

  test.each(inputNames)('no secret in %s is shown, beside whatever else is wrong', input => {
    for (const secret of [
      ...TOKENS,
      'https://user:s3cret@host/x',
      '//user:s3cret@host',
      'a b=s3cret?key=s3cret',
    ]) {
      const error = refusal({ stable: 'never', 'build-options': '--push', [input]: secret }, run)
      expect(error).toMatch(/^invalid-/)
      expect(error).not.toMatch(/s3cret|eyJ/i)
    }
  })

  test('all of them are told at once, and nothing that follows from them', () => {
    const given = { registry: '//a:s3cret@b', tag: 'ghp_s3cretS3cret', context: 'git://s3cret@host/x' }
    const { texts, mistakes } = withoutSecrets(textsWith(given), workflow)
    expect(texts).toEqual(textsWith({ registry: '', tag: '', context: '' }))
    expect(mistakes.map(({ inputs }) => inputs)).toEqual([['registry'], ['tag'], ['context']])
    expect(refusal(given, run)).toContain('There are 3 mistakes:')
  })
})

describe('a line of which no name is certain is not shown', () => {
  test.each<{ given: Partial<InputTexts>; says: string }>([
    { given: { 'build-args': 'A=1\nS3cret/s3cret==' }, says: 'The input build-args, line 2: it does not' },
    { given: { 'build-args': 'PASSWORD: s3cret' }, says: 'The input build-args, line 1: it does not' },
    { given: { labels: 's3cret' }, says: 'The input labels, line 1: it is not name=value.' },
    { given: { labels: 'a=b\n\nmy s3cret=' }, says: 'The input labels, line 3: it is not name=value.' },
    {
      given: { 'build-options': 's3cret' },
      says: 'The input build-options, line 1: it is not a long option.',
    },
    {
      given: { 'build-options': '-s3cret' },
      says: 'The input build-options, line 1: it is not a long option.',
    },
    { given: { 'build-options': '--a s3cret' }, says: 'The input build-options is "--a": each line is one' },
    {
      given: { 'build-options': '--a=s3cret --b=x' },
      says: 'The input build-options is "--a": it is several',
    },
  ])('$given', ({ given, says }) => {
    const error = refusal(given, run)
    expect(error).toContain(`invalid-input: ${says}`)
    expect(error).not.toContain('s3cret')
  })
})

describe('what is not one line', () => {
  const unprintable =
    'it has a line break or another character that can not be seen. Write it on one line, without such characters.'
  test.each([
    {
      given: { service: 'a\n::error::b' },
      says: 'The input service is "a\\n::error::b": it names 2 services, and release is for one.',
    },
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
