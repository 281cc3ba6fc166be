import { expect, test } from 'vitest'
import { type InputTexts, inputNames } from '../../src/inputs/texts.ts'
import { refusal, runIn, temporaryFolder, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)
const digest = `sha256:${'a'.repeat(64)}`

/** As services make them up; none was ever one. */
const SECRETS = [
  ...[
    'ghp_s3cretS3cret',
    'ghs_s3cretS3cret',
    'github_pat_11s3cret',
    'glpat-s3cretS3cret',
    'gldt-s3cretS3cret',
  ],
  ...['dckr_pat_s3cretS3cret', 'hvs.s3cretS3cretS3cretS3cret', 'AKIAS3CRETS3CRETS3CR', 'xoxb-s3cret'],
  ...['eyJhbGciOiJIUzI1NiJ9.eyJzM2NyZXQiOjF9.s3cret', `npm_${'s3cret'.repeat(5)}`],
  '-----BEGIN RSA PRIVATE KEY-----\ns3cret',
  'https://host/ghp_s3cretS3cret/x',
  'name=ghp_s3cretS3cret',
  ...[
    'https://user:s3cret@host/x',
    'HTTPS://user:s3@cret@host/x',
    'https:\\\\user:s3cret@host',
    '//:s3cret@host',
  ],
  ...['user:s3cret@host:5000/x', 'a text with https://user:s3cret@host/x in it', `a, bob:s3cret@b@${digest}`],
  '--build-context=name=https://user:s3cret@host/x',
]

test.each(inputNames)('no secret in %s is shown, whatever else is wrong', input => {
  const isKnown = ['password', 'github-token', 'build-args'].includes(input)
  for (const secret of SECRETS) {
    const text = refusal({ stable: 'never', 'build-options': '--push', [input]: secret }, run)
    expect(text).not.toMatch(/s3|eyJ/i)
    if (isKnown) continue
    // What was not shown is not called empty.
    expect(text).toContain(`${input} seems to hold a password or a token`)
    expect(text).not.toContain(`${input} is `)
  }
})

test.each<Partial<InputTexts>>([
  { service: `reqmgr2@${digest}`, command: 'verify' },
  { registry: 'localhost:5000', 'package-index': 'https://host:5000/a@b' },
  { policy: 'final: pkg@X.Y.Z -> X.Y.Z\nother: * -> *' },
  { 'build-options': `--build-context=base=docker-image://alpine:3@${digest}` },
  { 'build-options': `--cache-from=type=registry,ref=host:5000/a:1@${digest}\n--secret=id=A,env=TOKEN` },
  { labels: 'author=Bob <bob@cern.ch>\nurl=mailto:bob@cern.ch' },
  { username: 'robot$project+name', password: 'ghp_s3cretS3cret' },
  { 'build-args': 'URL=https://user:s3cret@host' },
])('no secret is seen in %o', given => {
  expect(refusal(given, run)).toBe('no error')
})

test('what to do with it, and all of them at once', () => {
  const text = refusal({ registry: 'bob:s3cret@ghcr.io', tag: 'ghp_s3cretS3cret' }, run)
  expect(text).toContain('There are 2 mistakes')
  expect(text).toContain('username and password')
  expect(text).toContain('--secret=')
})
