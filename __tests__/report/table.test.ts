import { expect, test } from 'vitest'
import type { Result, ServiceEntry, TagEntry } from '../../src/commands/ledger.ts'
import type { PromotionNote } from '../../src/registry/promotion-record.ts'
import { tableOf } from '../../src/report/table.ts'
import { DIGEST, IMAGE, NOTE, OTHER, PROJECT, resultOf, serviceOf } from './known.ts'

test.each<[command: Result['command'], tag: string, says: string, more?: Partial<TagEntry>]>([
  ['build', '2.3.4 built', 'built: not pushed'],
  ['build', '2.3.4 planned', 'planned'],
  ['push', '2.3.4 built', 'built'],
  ['push', '2.3.4 pushed', 'pushed: not read back, is x', { note: 'is x' }],
  ['release', '2.3.4 kept', 'kept'],
  ['release', '2.3.4 planned', 'planned: not written'],
  ['release', '2.3.4 unclear', 'unclear: may have been written'],
  ['release', '2.3.4 copied', `copied: replaces ${OTHER}`, { replaced: OTHER }],
  ['release', '2.3.4-stable withheld', 'withheld: waits', { note: 'waits' }],
  ['promote', 'latest stayed', 'stayed: x\\u001b[2J', { note: 'x\u001b[2J' }],
  ['verify', '2.3.4 kept', 'kept'],
  ['verify', '2.3.4 planned', 'planned: could not be read'],
  ['verify', '2.3.4 different', 'different: is x', { note: 'is x' }],
])('%s of %s', (command, text, says, more = {}) => {
  const service = serviceOf('reqmgr2', `2.3.4-stable2 kept, ${text}`, { digest: DIGEST })
  Object.assign(service.tags[1] ?? {}, more)
  const [image, , line] = tableOf(resultOf(command, service)).split('\n')
  expect(image).toBe(`${IMAGE}@${DIGEST}`)
  expect(line).toBe(`  ${(text.split(' ')[0] ?? '').padEnd(13)}  ${says}`)
})

test('of several services, a line for each; nothing of tags that nothing is known of', () => {
  expect(tableOf(resultOf('promote', 'planned, planned'))).toBe('')
  const one = serviceOf('reqmgr2', 'kept, missing', { digest: DIGEST })
  const lines = tableOf(resultOf('verify', one, serviceOf('reqmon', 'planned, planned'))).split('\n')
  expect(lines.slice(0, 2)).toEqual([`${IMAGE}@${DIGEST}`, `${PROJECT}/reqmon`])
  expect(lines[2]).toBe('  service  2.3.4                       2.3.4-stable')
  expect(lines[3]).toBe('  reqmgr2  kept                        missing')
})

test('a mirror is a column; of several services, a line', () => {
  const mirrors = [serviceOf('hub', 'copied, withheld')].map(({ image, tags }) => ({ image, tags }))
  const one = serviceOf('reqmgr2', 'kept, copied', { digest: DIGEST, mirrors })
  expect(tableOf(resultOf('release', one)).split('\n').slice(1)).toEqual([
    `  tag           ${IMAGE}  ${PROJECT}/hub`,
    '  2.3.4         kept                                copied',
    '  2.3.4-stable  copied                              withheld',
  ])
  const lines = tableOf(resultOf('promote', one, serviceOf('reqmon', 'kept, copied'))).split('\n')
  expect(lines.slice(3).map(line => line.split(/ {2,}/)[1])).toEqual(['reqmgr2', `${PROJECT}/hub`, 'reqmon'])
})

const passed = { name: 'testbed', state: 'success', url: 'https://t.example/7' }
const neutral = { name: 'a, b', state: 'neutral', url: undefined }

test.each<[says: string, more: Partial<PromotionNote>]>([
  [' or before, found there by amaltaro', { written: false }],
  [', by amaltaro, for it, run (https://ci.example/1)', { environment: 'it', run: 'https://ci.example/1' }],
  [', by amaltaro', { environment: 'github-hosted' }],
  [', by hand', { actor: undefined, environment: 'by hand' }],
  [`, by "x, by 'y'"`, { actor: 'x, by "y"' }],
  [', by amaltaro, testbed passed (https://t.example/7), "a, b" neutral', { checks: [passed, neutral] }],
])('a record tells "%s"', (says, more) => {
  const records = [{ ...NOTE, ...more }]
  const table = tableOf(resultOf('verify', serviceOf('reqmgr2', '2.3.4-stable kept', { records })))
  expect(table.split('not signed:\n')[1]).toBe(`  2.3.4-stable since 2026-11-24 17:02${says}`)
})

test('what an image was built from: each once for all services that have it', () => {
  const sha = '0123456789abcdef'.repeat(3).slice(0, 40)
  const commit = { sha, url: `https://github.com/dmwm/wmcore/commit/${sha}` }
  const platforms = ['linux/amd64', 'linux/arm64']
  const dockerfile = { sha, url: undefined }
  const one = serviceOf('reqmgr2', 'built, copied', { commit, dockerfile, platforms })
  const said = `commit ${sha.slice(0, 12)} (${commit.url}), Dockerfile at ${sha}, linux/amd64, linux/arm64`
  expect(tableOf(resultOf('release', one))).toContain(`\n\nBuilt from:\n  ${said}`)
  const several = resultOf('promote', one, { ...one, service: 'reqmon' }, serviceOf('a', 'kept, kept'))
  expect(tableOf(several)).toContain(`\n\nBuilt from:\n  ${said}: reqmgr2, reqmon`)
})

test('before an approval: how many are ready, and what is stable now', () => {
  const newest = { gitTag: '2.3.3', compare: 'https://github.com/dmwm/wmcore/compare/2.3.3...2.3.4' }
  const waits = (name: string, newestStable?: ServiceEntry['newestStable']) =>
    serviceOf(name, 'kept, withheld', newestStable && { newestStable })
  const services = [
    ...['a', 'b'].map(name => waits(name, { ...newest, record: NOTE })),
    waits('c', {}),
    waits('d'),
    serviceOf('e', 'missing, withheld'),
    serviceOf('f', 'kept, kept'),
  ]
  expect(tableOf(resultOf('verify', ...services)).split('\n\n')[1]).toBe(`\
Would become stable:
  5 of 6 services are ready, not e
  2.3.4-stable (newest stable version now: 2.3.3, since 2026-11-24 17:02), compare (${newest.compare}): a, b
  2.3.4-stable (newest stable version now: none): c
  2.3.4-stable: d`)
  expect(tableOf(resultOf('release', ...services))).not.toContain('Would become')
})
