import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { refusal, runIn, temporaryFolder, write } from './order.ts'

const [workspace, temporary, outside] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
const policy = 'final: X.Y.Z -> X.Y.Z\n'
const files = { Dockerfile: '', 'service/Dockerfile': '', policy }
write(workspace, { ...files, '..service/Dockerfile': '', 'linked/a': '', 'piped/a': '' })
write(temporary, files)
write(outside, files)
write(`${workspace}-other`, files)
symlinkSync(join(outside, 'service'), join(workspace, 'away'))
symlinkSync(join(temporary, 'service'), join(workspace, 'to-temporary'))
symlinkSync(join(outside, 'service/Dockerfile'), join(workspace, 'linked/Dockerfile'))
symlinkSync(workspace, join(outside, 'back'))
symlinkSync('round', join(workspace, 'round'))
for (const path of ['pipe', 'piped/Dockerfile']) execFileSync('mkfifo', [join(workspace, path)])
const run = runIn(workspace, { temporary })
// Whoever calls the command line has all files of the machine.
const byHand = runIn(workspace, { temporary, isConfined: false })

type Given = Partial<InputTexts>

describe('in the workspace and below the temporary directory of the runner, all links followed', () => {
  test.each<Given>([
    { context: 'service' },
    { context: '..service' },
    { context: 'service/..' },
    { context: 'to-temporary' },
    { context: join(temporary, 'service') },
    { context: workspace },
    { context: join(outside, 'back/service') },
    { context: 'service', file: join(temporary, 'Dockerfile') },
    { 'policy-file': join(temporary, 'policy') },
  ])('%o', given => {
    expect(refusal(given, run)).toBe('no error')
  })
})

describe('elsewhere', () => {
  test.each<Given>([
    { context: `../${basename(outside)}/service` },
    { context: '..' },
    { context: outside },
    { context: `${workspace}-other` },
    { context: 'away' },
    // Docker's login is in it.
    { context: 'to-temporary/..' },
    // Docker follows the link before "..": it would build what lies beside the target.
    { context: 'to-temporary/../service' },
    { context: 'linked' },
    { file: join(outside, 'Dockerfile') },
    { file: 'away/Dockerfile' },
    { file: 'linked/Dockerfile' },
    { 'policy-file': join(outside, 'policy') },
    { 'policy-file': `../${basename(outside)}/policy` },
  ])('%o', given => {
    const text = refusal(given, run)
    expect(text).toContain(`${Object.keys(given)[0]} is ${JSON.stringify(Object.values(given)[0])}: `)
    expect(text).toContain('it leads out of the workspace')
    expect(refusal(given, byHand)).not.toContain('out of the workspace')
  })

  test('the temporary directory of the system, where the runner has none', () => {
    const context = join(temporary, 'service')
    expect(refusal({ context }, runIn(workspace))).toContain('it leads out of the workspace.')
    expect(refusal({ context }, byHand)).toBe('no error')
  })
})

describe('what is no regular file is not read: to read it may never end', () => {
  test.each<{ given: Given; says: string }>([
    { given: { 'policy-file': 'pipe' }, says: 'policy-file is "pipe": it is not a regular file.' },
    { given: { file: 'pipe' }, says: 'file is "pipe": it is not a regular file.' },
    {
      given: { context: 'piped' },
      says: 'context is "piped": it has no Dockerfile: it is not a regular file.',
    },
    { given: { context: 'pipe' }, says: 'context is "pipe": it is not a regular file.' },
    { given: { 'policy-file': '/dev/zero' }, says: 'policy-file is "/dev/zero": it is not a regular file.' },
    { given: { 'policy-file': 'round' }, says: 'policy-file is "round": there is no' },
  ])('$given', ({ given, says }) => {
    expect(refusal(given, byHand)).toContain(says)
  })
})

describe('a page is written into a directory that is there, in the workspace or the temporary directory', () => {
  test.each<[file: string, inWorkflow: string, byHand?: string]>([
    ['new.html', 'no error'],
    ['service/../new.html', 'no error'],
    [join(temporary, 'new.html'), 'no error'],
    [join(outside, 'new.html'), 'it leads out of the workspace', 'no error'],
    [`../${basename(outside)}/new.html`, 'it leads out of the workspace', 'no error'],
    ['away/new.html', 'it leads out of the workspace', 'no error'],
    ['gone/new.html', `of its directory, there is no ${workspace}/gone`],
    ['policy/new.html', 'of its directory, it is a file'],
    ['/dev/null', 'it leads out of the workspace', 'something else than a file is there'],
    ['service', 'something else than a file is there'],
    ['policy', 'no error'],
  ])('%s: %s', (file, inWorkflow, otherwise = inWorkflow) => {
    const given: Given = { command: 'audit', 'html-file': file }
    expect(refusal(given, runIn(workspace, { tag: undefined, temporary }))).toContain(inWorkflow)
    expect(refusal(given, byHand)).toContain(otherwise)
  })
})

describe("docker's login is no part of an image, whoever calls", () => {
  symlinkSync(temporary, join(workspace, 'all-temporary'))
  test.each([
    { context: temporary, has: temporary },
    { context: 'all-temporary', has: temporary },
    { context: '.', has: join(workspace, 'service') },
    { context: 'service', has: join(workspace, 'service') },
  ])('$context', ({ context, has }) => {
    for (const isConfined of [true, false])
      expect(refusal({ context }, runIn(workspace, { temporary: has, isConfined }))).toContain('login')
  })
})
