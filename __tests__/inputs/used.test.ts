import fs from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunContext } from '../../src/inputs/run-context.ts'
import { refusal, requestWith, runIn, temporaryFolder, write } from './order.ts'

const [workspace, outside] = [temporaryFolder(), temporaryFolder()]
const IMAGE = 'ghcr.io/cms/reqmgr2'
write(workspace, {
  'pods.yaml': `${IMAGE}:1\n${IMAGE}:2\n`,
  'm/a.yaml': `${IMAGE}:1`,
  'm/sub/b.yaml': `\n${IMAGE}:1 ${IMAGE}`,
  'odd/new\nline': `${IMAGE}:5`,
  'none.yaml': 'image: busybox',
  'dir.yaml/x': '',
})
write(outside, { 'a.yaml': `${IMAGE}:9` })
fs.symlinkSync(join(outside, 'a.yaml'), join(workspace, 'm/out.yaml'))

const GIVEN = { command: 'audit', project: 'cms' } as const
/** What is found, as `tag file:line …`, and the warnings. */
const read = (used: string, context: Partial<RunContext> = {}) => {
  const { request, warnings } = requestWith({ ...GIVEN, used }, runIn(workspace, context))
  const uses = request.command === 'audit' ? request.used : undefined
  const found = uses?.map(({ tag = '?', at }) => `${tag} ${at.join(' ')}`)
  return { found, warnings: warnings.map(({ message }) => message) }
}

describe('the images that files name, each once', () => {
  test.each<[used: string, found: string[] | undefined]>([
    ['', undefined],
    ['pods.yaml', ['1 pods.yaml:1', '2 pods.yaml:2']],
    ['m/{a,c}.yaml\n\n pods.yaml ', ['1 m/a.yaml:1 pods.yaml:1', '2 pods.yaml:2']],
    ['pods.yaml\n./pods.yaml\npods.*', ['1 pods.yaml:1', '2 pods.yaml:2']],
    ['m/**/b.yaml', ['1 m/sub/b.yaml:2', '? m/sub/b.yaml:2']],
    ['*.yaml', ['1 pods.yaml:1', '2 pods.yaml:2']],
    ['odd/new*', ['5 odd/new\\u000aline:1']],
    [join(workspace, 'm/a.yaml'), [`1 ${workspace}/m/a.yaml:1`]],
  ])('%j', (used, found) => {
    expect(read(used)).toEqual({ found, warnings: [] })
  })
})

test('what is piped into the command line', () => {
  expect(read('-\nm/a.yaml', { stdin: `\n${IMAGE}:1` }).found).toEqual(['1 stdin:2 m/a.yaml:1'])
})

test('what leads out of the workspace is named, in a workflow', () => {
  const { found, warnings } = read('m/*.yaml')
  expect(found).toEqual(['1 m/a.yaml:1'])
  expect(warnings).toEqual([expect.stringContaining('m/out.yaml: it leads out of the workspace')])
  expect(read('m/*.yaml', { isConfined: false }).found).toContain('9 m/out.yaml:1')
})

test('files that name none of the services get a warning', () => {
  expect(read('none.yaml').warnings).toEqual([expect.stringContaining('1 file')])
})

test.each([
  'nowhere.yaml',
  'nowhere/**/*.yaml',
  'm',
  'dir.*',
  '-',
  `${outside}/a.yaml`,
  `${outside}/*.yaml`,
  `../${basename(outside)}/*.yaml`,
])('%s is a mistake', used => {
  const text = refusal({ ...GIVEN, used: `pods.yaml\n${used}` }, runIn(workspace))
  expect(text).toMatch(/^invalid-input: used, line 2: .* leads to no file/)
})
