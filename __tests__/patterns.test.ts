import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import { expect, test } from 'vitest'
import * as builds from '../src/docker/build-failure.ts'
import { addStoredLogins } from '../src/docker/config.ts'
import { findFixedTag } from '../src/docker/fixed-tag.ts'
import * as output from '../src/docker/output.ts'
import { isPushFailure } from '../src/docker/push.ts'
import { pipMissed } from '../src/gates/package.ts'
import { repositoryAt } from '../src/git/remote.ts'
import { parseRetryAfter } from '../src/http/retry.ts'
import type { Transport } from '../src/http/transport.ts'
import { decide } from '../src/policy/decide.ts'
import { parsePolicy } from '../src/policy/parse-policy.ts'
import { presets } from '../src/policy/presets.ts'
import { imageFinder } from '../src/reconcile/used-images.ts'
import { parseChallenges } from '../src/registry/authorization.ts'
import { RegistryClient } from '../src/registry/client.ts'
import { pathProblem, registryProblem } from '../src/registry/reference.ts'
import { block, plain } from '../src/report/markdown.ts'
import { Secrets } from '../src/secrets.ts'
import { oneLine } from '../src/text.ts'
import { requestWith, runIn, temporaryFolder } from './inputs/order.ts'

/** How long a text may keep a run from hearing anything, in milliseconds: one pass takes a small part of it. */
const LIMIT = 20_000
const MEGABYTE = 1_000_000
/** The longest variable that Linux hands to a program. */
const VARIABLE = 128_000

/** Runs something that does not wait, and ends it when it is over the limit, also in the middle of a pattern. */
const within = (run: () => void): void =>
  new Script('run()').runInContext(createContext({ run }), { timeout: LIMIT })

const { policy } = parsePolicy(presets.wmcore) as Extract<ReturnType<typeof parsePolicy>, { kind: 'policy' }>
const run = runIn(temporaryFolder())
const secrets = new Secrets()
secrets.addLogin({ username: 'me', password: 'a password' })

/** Reads what docker said as all do that want to know what it means. */
const readFailure = (tail: string): void => {
  const failed = { tail, lastLine: output.tellingLine(tail) }
  output.lastOfStep(tail)
  output.isRetryableFailure(failed)
  output.imageNotPulled(failed)
  isPushFailure(failed, 'r.example/a/b:1')
  builds.isCacheFailure(failed)
  builds.refusedOption(failed, ['--a'])
}

const readInput =
  (input: string) =>
  (text: string): void =>
    expect(() => requestWith({ [input]: `@ ${text}` }, run)).toThrow()

/** What reads text from outside, how long that may be, and what it may be made of: that with which its patterns begin. */
const READERS: readonly {
  readonly of: string
  readonly read: (text: string) => void
  readonly pieces: readonly string[]
  readonly length?: number
}[] = [
  {
    of: 'what is shown',
    read: text => [oneLine(text), plain(text), block(text, 'text')],
    pieces: [' ', ':', '##[', '`'],
  },
  {
    of: 'what may quote a secret',
    read: text => [secrets.mask(text), secrets.mask(`bearer ${text}1`)],
    pieces: ['-', 'a.', 'A', '%2b', '&#', 'basic ', 'authorization', 'authorization\\u0020', 'bWU6Y'],
  },
  {
    of: 'the output of docker',
    read: text =>
      [text, `ERROR: ${text}`, `------\n > ${text}\n`, `Step 1/2 : FROM ${text}`].forEach(readFailure),
    pieces: [
      ...['-', ':E', '0.0', '--a ', '\n', '\r\n ', ' process "', '------\n > ', 'exporting cache '],
      ...['Step 1/2 : FROM a\n', '[] FROM a@sha256:', 'invalid argument a for "'],
      ...['status from a', 'http https:', 'source docker://a'],
    ],
  },
  {
    of: 'a Dockerfile',
    read: text => [findFixedTag(text), findFixedTag(`ENV ${text}`)],
    pieces: ['ENV TAG ', 'ENV \\\n', '\\ ', ' TAG=', 'TAG=a', ' '],
  },
  {
    of: 'the output of pip',
    read: text => pipMissed(text, { name: 'a', version: '1.0' }),
    pieces: ['No matching distribution found for a[', 'No matching distribution found for a ', 'a; '],
  },
  {
    of: 'the address of a repository',
    read: text => [repositoryAt(`a:b${text}!`), repositoryAt(`https://a/${text}!`)],
    pieces: ['/', '@', 'a:', '.git', '#'],
  },
  {
    of: 'a challenge',
    read: text => [parseChallenges(text), parseChallenges(`a ${text}!`)],
    pieces: ['a', ' ', ',', 'a,', 'a ', 'a=', 'a="', '\\', 'b="",', 'a b=1,'],
    length: VARIABLE,
  },
  { of: 'when to ask again', read: text => parseRetryAfter(text, 0), pieces: ['1', ' ', 'Sun, '] },
  {
    of: 'the name of an image',
    read: text => [registryProblem(`${text}!`), pathProblem('a', text), pathProblem('a', `${text}!`)],
    pieces: ['a', 'a-', 'a.', '_', 'a/'],
  },
  { of: 'a git tag', read: text => decide(policy, text), pieces: ['1', '1.', 'sha256-', '0'] },
  {
    of: 'what is used',
    read: text => imageFinder([{ service: 'a', repository: { registry: 'r.ch', path: 'p/a' } }])(text),
    pieces: [
      ...[
        'r.ch/',
        'r.ch/p/a',
        'r.ch/p/a.',
        'r.ch/p/a:',
        'r.ch/p/a:1 ',
        'r.ch/p/a@sha256:',
        'r.ch:443/',
        ' r.ch/',
      ],
      ...['r.ch/p/a\n', 'repository: r.ch/p/a\n', ' ', '\n', '.', 'a/', 'r.'],
    ],
  },
  ...(['policy', 'context', 'build-options', 'package-index', 'service'] as const).map(input => ({
    of: `the input ${input}`,
    read: readInput(input),
    pieces: ['A', 'a@', '#key', '://', '--a ', '-----BEGIN ', '"'],
    length: VARIABLE,
  })),
]

test.each(READERS)(
  '$of is read in one pass',
  ({ read, pieces, length = MEGABYTE }) => {
    for (const piece of pieces) {
      const text = piece.repeat(length / piece.length)
      expect(() => within(() => void read(text)), piece).not.toThrow()
    }
  },
  60_000,
)

const took = async (run: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await run().catch(() => undefined)
  return performance.now() - started
}

test.each(['<', '<>;', '<>; rel='])('a list that goes on at %s is read in one pass', async piece => {
  const headers = { link: piece.repeat(VARIABLE / piece.length) }
  const send: Transport['send'] = async ({ url }) => ({
    status: 200,
    headers,
    body: Buffer.from('{"tags":[]}'),
    url,
  })
  const client = new RegistryClient({
    repository: { registry: 'a.example', path: 'a' },
    transport: { send } as Transport,
    credentials: { kind: 'anonymous' },
    secrets,
    access: 'pull',
    now: () => 0,
  })
  expect(await took(() => client.listTags())).toBeLessThan(LIMIT)
})

test('a stored login is read in one pass', async () => {
  const env = { DOCKER_CONFIG: temporaryFolder() }
  const auth = Buffer.from(`me:${'\0'.repeat(VARIABLE)}!`).toString('base64')
  writeFileSync(join(env.DOCKER_CONFIG, 'config.json'), JSON.stringify({ auths: { 'a.example': { auth } } }))
  expect(await took(() => addStoredLogins(env, new Secrets()))).toBeLessThan(LIMIT)
})
