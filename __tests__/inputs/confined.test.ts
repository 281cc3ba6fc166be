import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { workflow } from '../../src/inputs/caller.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const [workspace, temporary, outside] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
const policy = 'final: X.Y.Z -> X.Y.Z\n'
write(workspace, { Dockerfile: '', 'service/Dockerfile': '', 'linked/a': '' })
write(temporary, { 'service/Dockerfile': '', policy })
write(outside, { 'service/Dockerfile': '', policy })
symlinkSync(join(outside, 'service'), join(workspace, 'away'))
symlinkSync(join(temporary, 'service'), join(workspace, 'to-temporary'))
symlinkSync(join(outside, 'service/Dockerfile'), join(workspace, 'linked/Dockerfile'))
symlinkSync(workspace, join(outside, 'back'))
const run = runIn(workspace, { temporary })

const paths = {
  workspace: (path: string) => join(workspace, path),
  temporary: (path: string) => join(temporary, path),
}

describe('inside the workspace and the temporary directory of the runner, all links followed', () => {
  test.each([
    { context: 'service' },
    { context: 'to-temporary' },
    { context: paths.temporary('service') },
    { context: paths.workspace('service') },
    { context: join(outside, 'back/service') },
    { context: 'service', file: paths.temporary('service/Dockerfile') },
    { 'policy-file': paths.temporary('policy') },
    { context: 'https://github.com/dmwm/CMSKubernetes.git', file: '../Dockerfile' },
  ])('%o', given => {
    expect(refusal(given, run)).toBe('no error')
  })
})

describe('outside', () => {
  const out = 'it leads out of the workspace.'
  test('the temporary directory of the system, where the runner has none', () => {
    const context = paths.temporary('service')
    expect(refusal({ context }, runIn(workspace, { temporary: undefined }))).toContain(`: ${out}`)
  })

  test.each([
    { given: { context: `../${basename(outside)}/service` }, says: out },
    { given: { context: '/' }, says: out },
    { given: { context: 'away' }, says: out },
    // docker follows the link before "..": it would build what lies beside the target.
    { given: { context: 'to-temporary/../service' }, says: out },
    { given: { context: 'linked' }, says: 'its Dockerfile leads out of the workspace.' },
    { given: { file: join(outside, 'service/Dockerfile') }, says: out },
    { given: { file: 'away/Dockerfile' }, says: out },
    { given: { file: 'linked/Dockerfile' }, says: out },
    { given: { file: '/dev/null' }, says: out },
    { given: { 'policy-file': join(outside, 'policy') }, says: out },
  ])('$given', ({ given, says }) => {
    expect(refusal(given, run)).toContain(`: ${says}`)
    // Whoever calls the command line has all files of the machine.
    const caller = { ...workflow, confined: false }
    expect(() => validateRequest(textsWith(given), run, { caller })).not.toThrow(says)
  })
})

describe("docker's login is no part of an image, whoever calls", () => {
  const within = join(workspace, 'service')
  symlinkSync(temporary, join(workspace, 'all-temporary'))
  test.each([
    { context: paths.temporary(''), has: temporary },
    { context: 'all-temporary', has: temporary },
    { context: '.', has: within },
    { context: join(outside, 'back'), has: within },
    { context: paths.workspace('service'), has: within },
  ])('$context', ({ context, has }) => {
    write(temporary, { Dockerfile: '' })
    const login = "docker's login is kept in it."
    expect(refusal({ context }, runIn(workspace, { temporary: has }))).toContain(`: ${login}`)
    const caller = { ...workflow, confined: false }
    expect(() =>
      validateRequest(textsWith({ context }), runIn(workspace, { temporary: has }), { caller }),
    ).toThrow(login)
  })

  test('also where the system says which directory that is', () => {
    const caller = { ...workflow, confined: false }
    write(tmpdir(), { Dockerfile: '' })
    expect(() => validateRequest(textsWith({}), runIn(tmpdir()), { caller })).toThrow("docker's login")
    expect(() => validateRequest(textsWith({}), runIn(workspace), { caller })).not.toThrow()
  })
})

describe('what is no regular file is not read: to read it may never end', () => {
  for (const path of ['pipe', 'piped/Dockerfile']) {
    write(workspace, { [`${path}.txt`]: '' })
    execFileSync('mkfifo', [join(workspace, path)])
  }
  test.each([
    { given: { 'policy-file': 'pipe' }, says: 'The input policy-file is "pipe": it is not a regular file.' },
    { given: { file: 'pipe' }, says: 'The input file is "pipe": it is not a regular file.' },
    {
      given: { context: 'piped' },
      says: 'The input context is "piped": its Dockerfile is not a regular file.',
    },
    { given: { context: 'pipe' }, says: 'The input context is "pipe": it is a file.' },
    ...['/dev/zero', '/dev/random', '/dev/null'].map(path => ({
      given: { 'policy-file': path },
      says: `The input policy-file is "${path}": it is not a regular file.`,
    })),
  ])('$given', ({ given, says }) => {
    const caller = { ...workflow, confined: false }
    expect(() => validateRequest(textsWith(given), run, { caller })).toThrow(says)
  })
})
