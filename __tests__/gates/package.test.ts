import { afterEach, describe, expect, test } from 'vitest'
import { ReleaseError } from '../../src/errors.ts'
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
  const { clock, log, transport } = surroundings()
  const gate = { package: { name: 'reqmgr2', version }, index: new URL(`${server.url}/simple/`), timeout }
  const outcome = await waitForPackage(gate, { transport, log, clock }).catch((error: unknown) => error)
  return {
    outcome,
    lines: log.lines,
    slept: clock.slept,
    requests: server.requests,
    address: `${server.url}/simple/reqmgr2/`,
  }
}

test('what is there is taken at once', async () => {
  const { outcome, lines, slept } = await waitWith('2.3.4', 60_000, [listing('2.3.3', '2.3.4')])
  expect([outcome, lines, slept]).toEqual([false, ['reqmgr2 2.3.4 is there'], []])
})

test('what comes is waited for; the log says so, and how long it took', async () => {
  const { outcome, lines, address } = await waitWith('2.3.4', 900_000, [
    { status: 404 },
    { status: 503 },
    listing('2.3.3'),
    listing('2.3.4'),
  ])
  expect(outcome).toBe(true)
  expect(lines).toEqual([
    `Waiting for reqmgr2 2.3.4 at ${address}, up to 15 min; the index has no project reqmgr2 (yet): check the name`,
    'reqmgr2 2.3.4 is there after 5 s',
  ])
})

test('Retry-After is honoured', async () => {
  const busy = { status: 429, headers: { 'retry-after': '50' } }
  const { outcome, slept } = await waitWith('2.3.4', 60_000, [busy, listing('2.3.4')])
  expect([outcome, slept]).toEqual([true, [50_000]])
})

describe('the version must be exactly this one', () => {
  test.each([
    { wanted: '2.3.4', there: '2.3.4.0' },
    { wanted: '2.3.4.0', there: '2.3.4' },
    { wanted: '2.3.4', there: '2.3.4rc1' },
    { wanted: '2.3.4', there: '2.3.40' },
    { wanted: '2.3.4', there: '12.3.4' },
    { wanted: '2.3.4', there: '2.3.4.post1' },
    { wanted: '2.3.4', there: '2.3.4+local' },
  ])('$there is not $wanted', async ({ wanted, there }) => {
    const { outcome } = await waitWith(wanted, 0, [listing(there)])
    expect(outcome).toBeInstanceOf(ReleaseError)
  })

  test.each([
    { wanted: '2.3.5rc1', there: '2.3.5-rc1' },
    { wanted: '2.3.5rc1', there: '2.3.5RC01' },
    { wanted: '0.6.47', there: '00.06.47' },
  ])('$there is $wanted', async ({ wanted, there }) => {
    expect((await waitWith(wanted, 0, [listing(there)])).outcome).toBe(false)
  })
})

describe('when it does not come', () => {
  const table: readonly { what: string; answers: readonly ScriptedAnswer[]; says: string }[] = [
    {
      what: 'the five newest versions are named',
      answers: [listing('2.2.0', '2.3.1', '2.3.2', '2.3.3', '2.3.5rc1', '2.3.0')],
      says: 'reqmgr2 2.3.4 is not at URL after 1 min 30 s; its newest versions are 2.3.5rc1, 2.3.3, 2.3.2, 2.3.1, 2.3.0. ',
    },
    {
      what: 'a project without files',
      answers: [listing()],
      says: 'reqmgr2 2.3.4 is not at URL after 1 min 30 s; it has reqmgr2 without any file that is not yanked. ',
    },
    {
      what: 'no project',
      answers: [{ status: 404 }],
      says: 'reqmgr2 2.3.4 is not at URL after 1 min 30 s; it has no project reqmgr2. ',
    },
    {
      what: 'an index that is down',
      answers: [{ status: 500 }],
      says: 'reqmgr2 2.3.4 is not at URL after 1 min 30 s; the last answer was of no use: URL answered 500. ',
    },
    {
      what: 'an index that wants to be left alone for longer than there is time',
      answers: [listing('2.3.3'), { status: 503, headers: { 'retry-after': '3600' } }],
      says: 'reqmgr2 2.3.4 is not at URL after 1 s; the last answer was of no use: URL answered 503. ',
    },
    {
      what: 'an index that refuses is not asked again',
      answers: [{ status: 403 }, listing('2.3.4')],
      says: 'The index does not say whether it has reqmgr2 2.3.4: URL answered 403. ',
    },
  ]
  test.each(table)('$what', async ({ answers, says }) => {
    const { outcome, address } = await waitWith('2.3.4', 90_000, answers)
    expect(outcome).toMatchObject({ name: 'package-missing' })
    const { message } = outcome as ReleaseError
    expect(message.replaceAll(address, 'URL').slice(0, says.length)).toBe(says)
    expect(message).toContain('Nothing was built.')
  })

  test('the deadline is kept', async () => {
    const { slept } = await waitWith('2.3.4', 90_000, [{ status: 404 }])
    expect(slept.reduce((sum, time) => sum + time, 0)).toBe(90_000)
  })
})

describe('whether pip did not find just this package', () => {
  const wanted = { name: 'reqmgr2', version: '2.3.4' }

  /** What the plain progress of docker shows of pip 23.0.1, which asked a node that is behind. */
  const behind = `#6 [2/2] RUN pip install reqmgr2==2.3.4
#6 1.052 Looking in indexes: http://127.0.0.1:36713/simple/
#6 1.073 ERROR: Could not find a version that satisfies the requirement reqmgr2==2.3.4 (from versions: 2.3.3)
#6 1.073 ERROR: No matching distribution found for reqmgr2==2.3.4
#6 ERROR: process "/bin/sh -c pip install reqmgr2==$TAG" did not complete successfully: exit code: 1
------
 > [2/2] RUN pip install reqmgr2==2.3.4:
1.052 Looking in indexes: http://127.0.0.1:36713/simple/
1.073 ERROR: Could not find a version that satisfies the requirement reqmgr2==2.3.4 (from versions: 2.3.3)
1.073 ERROR: No matching distribution found for reqmgr2==2.3.4
------
Dockerfile:4
--------------------
   2 |     ARG TAG
   3 |     ARG PIP_INDEX_URL
   4 | >>> RUN pip install reqmgr2==$TAG
   5 |     ENTRYPOINT ["python3"]
--------------------
ERROR: failed to solve: process "/bin/sh -c pip install reqmgr2==$TAG" did not complete successfully: exit code: 1
`
  const noMatch = (requirement: string): string =>
    `ERROR: No matching distribution found for ${requirement}\n`
  const otherPython =
    'ERROR: Ignored the following versions that require a different python version: 2.3.3 Requires-Python >=3.12,<4; 2.3.4 Requires-Python >=3.12\n'

  test.each([
    { what: 'docker with pip', output: behind },
    { what: 'a project that pip does not know yet', output: noMatch('reqmgr2==2.3.4') },
    { what: 'another spelling', output: noMatch('ReqMgr2==v2.3.4') },
    { what: 'extras', output: noMatch('reqmgr2[oracle,mysql]==2.3.4') },
    { what: 'a requirement of another', output: noMatch('reqmgr2==2.3.4 (from wmcore)') },
    { what: 'a requirements file', output: noMatch('reqmgr2==2.3.4 (from -r requirements.txt (line 1))') },
    { what: 'a marker', output: noMatch('reqmgr2==2.3.4; python_version >= "3.8"') },
    { what: 'spaces', output: noMatch('reqmgr2 == 2.3.4') },
    { what: 'arbitrary equality', output: noMatch('reqmgr2===2.3.4') },
    { what: 'a full stop', output: noMatch('reqmgr2==2.3.4.') },
    {
      what: 'colours',
      output: '\u001B[31mERROR: No matching distribution found for reqmgr2==2.3.4\u001B[0m',
    },
    {
      what: 'an older one for another Python',
      output: otherPython.replace(/; 2.*/, '') + noMatch('reqmgr2==2.3.4'),
    },
  ])('yes: $what', ({ output }) => {
    expect(pipMissed(output, wanted)).toBe(true)
  })

  test.each([
    { what: 'nothing', output: '' },
    { what: 'another project', output: noMatch('reqmgr2ms==2.3.4') },
    { what: 'a dependency', output: noMatch('retry==0.9.2') },
    { what: 'another version', output: noMatch('reqmgr2==2.3.3') },
    { what: 'a longer version', output: noMatch('reqmgr2==2.3.4.0') },
    { what: 'a candidate', output: noMatch('reqmgr2==2.3.4rc1') },
    { what: 'any version', output: noMatch('reqmgr2') },
    { what: 'a later version', output: noMatch('reqmgr2>=2.3.4') },
    { what: 'found, but for another Python', output: otherPython + noMatch('reqmgr2==2.3.4') },
    { what: 'a broken download', output: 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES: reqmgr2==2.3.4' },
    {
      what: 'a conflict',
      output:
        'ERROR: Cannot install reqmgr2==2.3.4 because these package versions have conflicting dependencies.',
    },
    { what: 'the Dockerfile alone', output: 'RUN pip install reqmgr2==2.3.4\nexit code: 1' },
  ])('no: $what', ({ output }) => {
    expect(pipMissed(output, wanted)).toBe(false)
  })
})
