import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { asRunnerFault, ReleaseError } from '../src/errors.ts'

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
