import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { ReleaseError } from '../src/errors.ts'
import { asRunnerFault, requireRunner } from '../src/runner.ts'

test('what the system refuses is a fault of the runner, and nothing else is', async () => {
  const full = await writeFile('/dev/full', 'x').catch((error: unknown) => error)
  expect(asRunnerFault(full)).toMatchObject({
    name: 'runner-unusable',
    what: expect.stringMatching(
      /^The runner refused to read or write a file: ENOSPC: no space left on device, write\.$/,
    ),
    cause: full,
  })
  const known = new ReleaseError('build-failed', { what: 'x', remedy: 'y', cause: full })
  for (const error of [known, new TypeError('x is not a function'), 'text', undefined]) {
    expect(asRunnerFault(error)).toBe(error)
  }
})

describe('what a runner lacks is told all at once', () => {
  const PACKAGE = 'package.json'
  const elsewhere = 'Run the action in a workflow; elsewhere, use the command line.'
  const lookAfter = 'Look after the runner, then run the job again.'
  test.each([
    {
      lacks: 'both files',
      env: { GITHUB_OUTPUT: '' },
      workspace: '.',
      what: 'GITHUB_OUTPUT is not set: there is no file for the outputs of the step. GITHUB_STATE is not set: there is no file for the state of the step.',
      remedy: `Nothing was done. ${elsewhere}`,
    },
    {
      lacks: 'one file',
      env: { GITHUB_OUTPUT: PACKAGE },
      workspace: '.',
      what: 'GITHUB_STATE is not set: there is no file for the state of the step.',
      remedy: `Nothing was done. ${elsewhere}`,
    },
    {
      lacks: 'everything, in several ways',
      env: { GITHUB_STATE: 'nowhere' },
      workspace: PACKAGE,
      what: `The workspace of the job, ${PACKAGE}, is not a directory. GITHUB_OUTPUT is not set: there is no file for the outputs of the step. The file for the state of the step, which GITHUB_STATE names, can not be written: ENOENT: no such file or directory, open 'nowhere'.`,
      remedy: `Nothing was done. ${lookAfter} ${elsewhere}`,
    },
  ])('$lacks', ({ env, workspace, what, remedy }) => {
    expect(() => requireRunner(env, workspace)).toThrow(
      expect.objectContaining({ name: 'runner-unusable', what, remedy }),
    )
  })

  test('nothing', () => {
    expect(() => requireRunner({ GITHUB_OUTPUT: PACKAGE, GITHUB_STATE: PACKAGE }, '.')).not.toThrow()
  })
})
