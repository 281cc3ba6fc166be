import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import type { AuditResult } from '../../src/commands/audit-result.ts'
import type { Result } from '../../src/commands/ledger.ts'
import { outputsOf, RECORD_FOLDER, setOutputs } from '../../src/report/outputs.ts'
import { captureOutput, DIGEST, IMAGE, OTHER, PROJECT, resultOf, serviceOf } from './known.ts'

captureOutput()

const [FIRST, STABLE] = [`${IMAGE}:2.3.4`, `${IMAGE}:2.3.4-stable`]
/** What the outputs are where nothing else is said. */
const KNOWN = { image: IMAGE, tag: '2.3.4', rule: 'final', digest: DIGEST, reference: `${IMAGE}@${DIGEST}` }
const NONE = { 'is-stable': 'false', tags: FIRST, 'stable-tags': '', withheld: '', 'record-path': '' }
const BOTH = { tags: `${FIRST}\n${STABLE}`, 'stable-tags': STABLE }
const UNKNOWN = { digest: '', reference: '' }

test.each<[command: Result['command'], tags: string, is: Record<string, string>]>([
  ['release', 'built, copied, stayed', { ...BOTH, 'is-stable': 'true' }],
  ['release', 'kept, latest moved', { tags: `${FIRST}\n${IMAGE}:latest` }],
  ['release', 'kept, withheld', { withheld: STABLE }],
  ['release', 'pushed, planned', { ...UNKNOWN, tags: '' }],
  ['plan', 'planned, planned', { ...BOTH, ...UNKNOWN, 'is-stable': 'true' }],
  ['plan', 'planned, withheld', { ...UNKNOWN, withheld: STABLE }],
  ['build', 'built, built, planned', { ...BOTH, ...UNKNOWN }],
  ['verify', 'kept, missing, different', {}],
  ['promote', 'kept, unclear', {}],
  ['promote', 'planned, planned', { tags: '' }],
])('%s: %s', (command, tags, is) => {
  const given = resultOf(command, serviceOf('reqmgr2', tags, 'digest' in is ? {} : { digest: DIGEST }))
  const { json = '', ...others } = outputsOf(given)
  expect(others).toEqual({ ...KNOWN, ...NONE, ...is })
  expect(JSON.parse(json)).toEqual(given)
  const { outputs } = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8'))
  expect(Object.keys(outputsOf(given)).sort()).toEqual(Object.keys(outputs).sort())
})

test('of several services, each has a line, and all must be stable; an audit has images and JSON alone', () => {
  const one = serviceOf('reqmgr2', 'kept, copied', { digest: DIGEST })
  const other = serviceOf('reqmon', 'kept, kept', { digest: OTHER })
  expect(outputsOf(resultOf('promote', one, serviceOf('wmagent', 'kept, unclear'), other))).toMatchObject({
    image: `${IMAGE}\n${PROJECT}/wmagent\n${PROJECT}/reqmon`,
    'is-stable': 'false',
    'stable-tags': `${STABLE}\n${PROJECT}/reqmon:2.3.4-stable`,
    digest: `${DIGEST}\n\n${OTHER}`,
    reference: `${IMAGE}@${DIGEST}\n\n${PROJECT}/reqmon@${OTHER}`,
  })
  expect(outputsOf(resultOf('promote', one, other))['is-stable']).toBe('true')
  const audit: AuditResult = { command: 'audit', from: undefined, records: 'read', services: [] }
  expect(outputsOf(audit)).toEqual({ image: '', json: JSON.stringify(audit) })
})

test.each([
  ['built, copied, 2.3.4-stable2 withheld', false],
  ['built, withheld, stable kept', false],
  ['built, stable stayed, stable2 moved', true],
])('%s is stable: %s', (tags, is) => {
  expect(outputsOf(resultOf('release', tags))['is-stable']).toBe(String(is))
})

test('the record of one service is a file of its own; what can not be written is an error', () => {
  const service = serviceOf('reqmgr2', 'kept, copied', { record: { dstRef: STABLE } })
  const temporary = mkdtempSync(join(tmpdir(), 'outputs-'))
  const file = join(temporary, 'output')
  vi.stubEnv('GITHUB_OUTPUT', file)
  const unwritten = { name: 'outputs-not-written', what: expect.stringContaining(file) }
  expect(() => setOutputs(resultOf('plan', 'planned'), undefined)).toThrow(expect.objectContaining(unwritten))
  writeFileSync(file, '')
  setOutputs(resultOf('promote', service, service), temporary)
  expect(readFileSync(file, 'utf8')).not.toContain(RECORD_FOLDER)
  setOutputs(resultOf('promote', service), temporary)
  const [path = ''] = readFileSync(file, 'utf8').match(/\S+predicate\.json/) ?? []
  expect(path.startsWith(join(temporary, RECORD_FOLDER))).toBe(true)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(service.record)
})
