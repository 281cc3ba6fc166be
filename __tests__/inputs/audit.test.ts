import { describe, expect, test } from 'vitest'
import { validateRequest } from '../../src/inputs/request.ts'
import { refusal, runIn, temporaryFolder, textsWith } from './order.ts'

// Nothing is built: no directory needs to be there.
const workspace = temporaryFolder()
const run = runIn(workspace, { tag: undefined, ref: 'branch main' })
const audit = { command: 'audit', project: 'cms', service: 'a, b' }

test('an audit needs no git tag, and takes what it uses', () => {
  const given = { ...audit, from: '2.4.0', stable: 'on-promotion', username: 'bob', password: 'secret-word' }
  const { request } = validateRequest(textsWith(given), run)
  expect(request).toMatchObject({
    command: 'audit',
    services: [{ service: 'a' }, { service: 'b', repository: { path: 'cms/b' } }],
    from: '2.4.0',
    stable: 'on-promotion',
    withRecords: true,
    credentials: { username: 'bob' },
  })
  expect(request).not.toHaveProperty('gitTag')
})

test('a run for a git tag is no mistake', () => {
  expect(validateRequest(textsWith(audit), runIn(workspace)).request).toMatchObject({
    command: 'audit',
    from: undefined,
  })
})

describe('what is refused', () => {
  test.each<{ given: Parameters<typeof textsWith>[0]; says: string[] }>([
    {
      given: { ...audit, tag: '2.4.0' },
      says: [
        'The input tag is "2.4.0": audit is for every version.',
        'write it into the input from; to look at it alone, use the command verify.',
      ],
    },
    {
      given: { ...audit, from: 'dev' },
      says: [
        'The input from is "dev": no rule with numbers matches it.',
        'such as X.Y.Z, X.Y.Z.P, X.Y.ZrcN.',
      ],
    },
    { given: { ...audit, from: '2.4' }, says: ['The input from is "2.4": no rule with numbers matches it.'] },
    {
      given: { ...audit, policy: 'any: * -> *' },
      says: ['No rule of the policy has numbers, and audit knows versions by their numbers.'],
    },
    {
      given: { ...audit, service: `a@sha256:${'a'.repeat(64)}` },
      says: ['a digest is of one version, and audit is for all of them. Write the names alone.'],
    },
    {
      given: { ...audit, service: 'a', digest: `sha256:${'a'.repeat(64)}` },
      says: ['The input digest is', 'Leave it out, or use the command verify.'],
    },
    {
      given: { ...audit, from: 'x', tag: '2.4.0', record: 'yes', stable: 'never' },
      says: ['There are 4 mistakes', 'from is "x"', 'tag is "2.4.0"', 'record is "yes"', 'stable is "never"'],
    },
    {
      given: { command: 'verify', tag: '2.4.0', project: 'cms', from: '2.4.0' },
      says: ['The input from is "2.4.0": it is for audit, and the command is verify. Leave it out.'],
    },
    {
      given: { command: 'promote', tag: '2.4.0', project: 'cms', record: 'no' },
      says: ['The input record is "no": there is no such value.', 'Allowed are true, false.'],
    },
  ])('$says', ({ given, says }) => {
    const said = refusal(given, run)
    for (const part of says) expect(said).toContain(part)
  })
})
