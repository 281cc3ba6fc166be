import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import type { AuditResult } from '../../src/commands/audit-result.ts'
import type { Result } from '../../src/commands/ledger.ts'
import { jsonOf } from '../../src/report/json-result.ts'
import { outputsOf, RECORD_FOLDER, setOutputs } from '../../src/report/outputs.ts'
import {
  captureOutput,
  DENIED,
  DIGEST,
  IMAGE,
  ledgerOf,
  OTHER,
  PROJECT,
  resultOf,
  serviceOf,
} from './known.ts'

captureOutput()
const { outputs } = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8'))

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
  expect(outputsOf(given)).toEqual({ ...KNOWN, ...NONE, ...is })
  expect(JSON.parse(jsonOf(ledgerOf(given), undefined))).toEqual(given)
  expect([...Object.keys(outputsOf(given)), 'json'].sort()).toEqual(Object.keys(outputs).sort())
})

test('of several services, each has a line, and all must be stable; an audit has images alone', () => {
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
  expect(outputsOf(audit)).toEqual({ image: '' })
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
  const set = (...given: Parameters<typeof resultOf>) =>
    setOutputs(ledgerOf(resultOf(...given)), undefined, temporary)
  expect(() => set('plan', 'planned')).toThrow(expect.objectContaining(unwritten))
  writeFileSync(file, '')
  set('promote', service, service)
  expect(readFileSync(file, 'utf8')).not.toContain(RECORD_FOLDER)
  set('promote', service)
  const [path = ''] = readFileSync(file, 'utf8').match(/\S+predicate\.json/) ?? []
  expect(path.startsWith(join(temporary, RECORD_FOLDER))).toBe(true)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(service.record)
})

const ERROR = { name: 'registry-denied', what: 'It was refused.', remedy: 'Ask for it.' }

test.each<[what: string, result: Result | undefined, names: string[]]>([
  ['an input that is not valid', undefined, ['json']],
  ['a release', resultOf('release', 'built, planned'), ['json']],
  ['a promotion', resultOf('promote', 'kept, unclear'), Object.keys(outputs)],
])('of a run that failed, the JSON has the error: %s', (_, result, names) => {
  const file = join(mkdtempSync(join(tmpdir(), 'outputs-')), 'output')
  vi.stubEnv('GITHUB_OUTPUT', file)
  writeFileSync(file, '')
  setOutputs(ledgerOf(result), DENIED, undefined)
  const written = readFileSync(file, 'utf8')
  const set = Array.from(written.matchAll(/^(\S+)<</gm), ([, name]) => name)
  expect(set.toSorted()).toEqual(names.toSorted())
  const [, json = ''] = /^json<<.*\n(.*)\n/m.exec(written) ?? []
  expect(JSON.parse(json)).toEqual({ ...result, error: ERROR })
})
