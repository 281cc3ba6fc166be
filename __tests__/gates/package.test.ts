import { afterEach, describe, expect, test } from 'vitest'
import { pipMissed, waitForPackage } from '../../src/gates/package.ts'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './index-server.ts'
import { surroundings } from './surroundings.ts'

let server: ScriptedServer | undefined
afterEach(() => server?.stop())

const listing = (...versions: string[]): ScriptedAnswer => ({
  type: 'application/vnd.pypi.simple.v1+json',
  body: JSON.stringify({ files: versions.map(version => ({ filename: `reqmgr2-${version}.tar.gz` })) }),
})

/** Waits for a version of reqmgr2 at a server that gives these answers; the clock is not the real one. */
const waitWith = async (version: string, timeout: number, answers: readonly ScriptedAnswer[]) => {
  server = await startScriptedServer(answers)
  const ports = surroundings()
  const gate = { package: { name: 'reqmgr2', version }, index: new URL(`${server.url}/simple/`), timeout }
  const outcome = await waitForPackage(gate, ports).catch((error: unknown) => error)
  return { outcome, lines: ports.log.lines, slept: ports.clock.slept }
}

test('what is there is taken at once', async () => {
  const { outcome, slept } = await waitWith('2.3.4', 60_000, [listing('2.3.3', '2.3.4')])
  expect([outcome, slept]).toEqual([false, []])
})

test('what comes is waited for; the log says so, and what the index says', async () => {
  const answers = [{ status: 404 }, { status: 503 }, listing('2.3.3'), listing('2.3.4')]
  const { outcome, lines } = await waitWith('2.3.4', 900_000, answers)
  expect(outcome).toBe(true)
  expect(lines[0]).toMatch(/^Waiting for reqmgr2 2\.3\.4 at .*, up to 15 min; .* has no project reqmgr2$/)
  expect(lines.at(-1)).toBe('reqmgr2 2.3.4 is there after 9.5 s')
})

test('Retry-After is honoured', async () => {
  const busy = { status: 429, headers: { 'retry-after': '50' } }
  expect(await waitWith('2.3.4', 60_000, [busy, listing('2.3.4')])).toMatchObject({
    outcome: true,
    slept: [50_000],
  })
})

test.each([
  ...['2.3.4.0', '2.3.4rc1', '2.3.40', '12.3.4', '2.3.4.post1', '2.3.4+local'].map(there => {
    return { wanted: '2.3.4', there, is: { name: 'package-missing' } }
  }),
  { wanted: '2.3.4.0', there: '2.3.4', is: { name: 'package-missing' } },
  { wanted: '2.3.5rc1', there: '2.3.5-rc1', is: false },
  { wanted: '2.3.5rc1', there: '2.3.5RC01', is: false },
  { wanted: '0.6.47', there: '00.06.47', is: false },
])('the version must be exactly $wanted, and there is $there: $is', async ({ wanted, there, is }) => {
  expect(await waitWith(wanted, 0, [listing(there)])).toMatchObject({ outcome: is })
})

const DOWN = 'index-unreadable'
test.each([
  {
    what: 'the five newest versions are named',
    answers: [listing('2.2.0', '2.3.1', '2.3.2', '2.3.3', '2.3.5rc1', '2.3.0')],
    says: /newest versions are 2\.3\.5rc1, 2\.3\.3, 2\.3\.2, 2\.3\.1, 2\.3\.0\.$/,
  },
  { what: 'a project without files', answers: [listing()], says: /no file/ },
  { what: 'no project', answers: [{ status: 404 }], says: /no project reqmgr2/ },
  { what: 'an index that is down', answers: [{ status: 500 }], says: /after 1 min 30 s: .*500/, name: DOWN },
  { what: 'another page', answers: [{ type: 'text/plain' }], says: /text\/plain/, name: DOWN },
  { what: 'an index that was down', answers: [{ status: 500 }, { status: 404 }], says: /no project/ },
  {
    what: 'an index that wants to be left alone for longer than there is time',
    answers: [listing('2.3.3'), { status: 503, headers: { 'retry-after': '3600' } }],
    says: /after 2 s: .*503/,
    name: DOWN,
  },
  {
    what: 'one that refuses is not asked again',
    answers: [{ status: 403 }, listing('2.3.4')],
    says: /after 0 s: .*403/,
    name: DOWN,
  },
])('it does not come: $what', async ({ answers, says, name = 'package-missing' }) => {
  const { outcome, slept } = await waitWith('2.3.4', 90_000, answers)
  expect(outcome).toMatchObject({ name, what: expect.stringMatching(says) })
  expect(slept.reduce((sum, time) => sum + time, 0)).toBeLessThanOrEqual(90_000)
})

describe('whether pip did not find just this package', () => {
  /** What the plain progress of docker shows of pip 23.0.1, which asked a node that is behind. */
  const behind = `#6 [2/2] RUN pip install reqmgr2==2.3.4
#6 1.073 ERROR: Could not find a version that satisfies the requirement reqmgr2==2.3.4 (from versions: 2.3.3)
#6 1.073 ERROR: No matching distribution found for reqmgr2==2.3.4
#6 ERROR: process "/bin/sh -c pip install reqmgr2==$TAG" did not complete successfully: exit code: 1
`
  const noMatch = (requirement: string): string =>
    `ERROR: No matching distribution found for ${requirement}\n`
  const otherPython =
    'ERROR: Ignored the following versions that require a different python version: 2.3.3 Requires-Python >=3.12,<4; 2.3.4 Requires-Python >=3.12\n'
  const [ignored2, ignored3] = [otherPython, otherPython.replace(/; 2.*/, '')]

  test.each([
    { output: behind, is: true },
    ...[
      'reqmgr2==2.3.4',
      'ReqMgr2==v2.3.4',
      'reqmgr2[oracle,mysql]==2.3.4',
      'reqmgr2==2.3.4 (from wmcore)',
    ].map(requirement => ({ output: noMatch(requirement), is: true })),
    ...[
      'reqmgr2==2.3.4; python_version >= "3.8"',
      'reqmgr2 == 2.3.4',
      'reqmgr2===2.3.4',
      'reqmgr2==2.3.4.',
    ].map(requirement => ({ output: noMatch(requirement), is: true })),
    { output: '\u001B[31mERROR: No matching distribution found for reqmgr2==2.3.4\u001B[0m', is: true },
    { output: ignored3 + noMatch('reqmgr2==2.3.4'), is: true },
    { output: ignored2 + noMatch('reqmgr2==2.3.4'), is: false },
    ...[
      'reqmgr2ms==2.3.4',
      'reqmgr2==2.3.3',
      'reqmgr2==2.3.4.0',
      'reqmgr2==2.3.4rc1',
      'reqmgr2',
      'reqmgr2>=2.3.4',
    ].map(requirement => ({ output: noMatch(requirement), is: false })),
    { output: 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES: reqmgr2==2.3.4', is: false },
    { output: 'RUN pip install reqmgr2==2.3.4\nexit code: 1', is: false },
  ])('$is: $output', ({ output, is }) => {
    expect(pipMissed(output, { name: 'reqmgr2', version: '2.3.4' })).toBe(is)
  })
})
