import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ReleaseError } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import { actionsLog } from '../../src/report/actions-log.ts'
import { reportFailure } from '../../src/report/failure.ts'
import type { Stage } from '../../src/report/journal.ts'

let written = ''
const stages: Stage[] = []
let log: Log
beforeEach(() => {
  written = ''
  stages.length = 0
  log = actionsLog(
    () => 0,
    stage => stages.push(stage),
  )
  vi.stubEnv('RUNNER_DEBUG', '1')
  vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    written += chunk.toString()
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = undefined
})

const EVIL = 'x\r::error::a ##[error]b\n ::set-output name=tag::c\u2028\u001b[2Jd'
/** The same in one line, and in two where a message of ours may have several. */
const ONE = 'x\\u000d::error::a ##\\u005berror]b\\u000a ::set-output name=tag::c\\u2028\\u001b[2Jd'
const TWO = 'x\\u000d::error::a ##\\u005berror]b\n \\u003a:set-output name=tag::c\\u2028\\u001b[2Jd'

describe('what is logged is obeyed in nothing', () => {
  test.each([
    { what: 'info', use: () => log.info(EVIL), lines: `${TWO}\n` },
    { what: 'a command', use: () => log.info('::error::x'), lines: '\\u003a:error::x\n' },
    {
      what: 'a warning',
      use: () => log.warning(EVIL, EVIL),
      lines: `::warning title=${ONE.replaceAll(':', '%3A')}::${TWO.replaceAll('\n', '%0A')}\n`,
    },
    {
      what: 'a notice',
      use: () => log.notice('Note', EVIL),
      lines: `::notice title=Note::${TWO.replaceAll('\n', '%0A')}\n`,
    },
    { what: 'debug', use: () => log.debug(EVIL), lines: `::debug::${TWO.replaceAll('\n', '%0A')}\n` },
    {
      what: 'a failure',
      use: () =>
        reportFailure(
          new ReleaseError('registry-denied', {
            what: EVIL,
            remedy: 'Mend it.',
            cause: new Error(`${EVIL}!`),
          }),
        ),
      lines: `caused by: ${ONE}!\n::error title=The registry refused access::${TWO.replaceAll('\n', '%0A')} Mend it.\n`,
    },
    {
      what: 'several lines of our own',
      use: () => log.info('line 1: mistake\n  X -> Y\n       ^'),
      lines: 'line 1: mistake\n  X -> Y\n       ^\n',
    },
  ])('$what', ({ use, lines }) => {
    use()
    expect(written).toBe(lines)
  })

  test('a stage', async () => {
    await log.stage(EVIL, async conclude => {
      log.info('something')
      conclude(EVIL)
    })
    expect(written).toBe(`::group::${ONE}\nsomething\n::endgroup::\n✓ ${ONE}: ${ONE} (0.0 s)\n`)
  })
})

test('an internal error says where to report it', () => {
  reportFailure(new TypeError('x is not a function'))
  expect(written).toMatch(
    /^::error title=Internal error%3A please report it::x is not a function\. Report it in the repository of the action, .*\n::debug::TypeError: /,
  )
})

test.each([
  { error: new ReleaseError('interrupted', { what: 'x', remedy: 'y' }), says: '✗ Wait: interrupted (0.0 s)' },
  {
    error: new ReleaseError('build-failed', { what: 'x', remedy: 'y' }),
    says: '✗ Wait: failed: The build failed (0.0 s)',
  },
  { error: new Error('x'), says: '✗ Wait: failed (0.0 s)' },
])('$says', async ({ error, says }) => {
  await expect(log.stage('Wait', () => Promise.reject(error))).rejects.toBe(error)
  expect(written).toBe(`${says}\n`)
  expect(stages).toHaveLength(1)
})
