import { expect, test } from 'vitest'
import type { ImageTagResult, Result, ServiceResult } from '../../src/commands/result.ts'
import { RunJournal } from '../../src/report/journal.ts'

const tag = (name: string): ImageTagResult => ({
  tag: name,
  reference: `ghcr.io/dmwm/das2go:${name}`,
  stable: name.endsWith('-stable'),
  moving: false,
  outcome: 'planned',
})

const service: ServiceResult = {
  service: 'das2go',
  image: 'ghcr.io/dmwm/das2go',
  tags: [tag('2.3.4'), tag('2.3.4-stable')],
  digest: undefined,
}

const plan: Result = {
  command: 'release',
  gitTag: '2.3.4',
  rule: 'final',
  reason: '2.3.4 is matched by rule final.',
  services: [service],
}

test('without a plan, nothing is known', () => {
  expect(new RunJournal().soFar).toBeUndefined()
})

test('what a run that stopped half-way has done', () => {
  const journal = new RunJournal()
  const digest = `sha256:${'ab'.repeat(32)}` as const
  journal.planned(plan)
  expect(journal.soFar).toEqual(plan)
  journal.image('das2go', digest)
  journal.tag({ ...tag('2.3.4'), outcome: 'built' })
  expect(journal.soFar).toEqual({
    ...plan,
    services: [{ ...service, digest, tags: [{ ...tag('2.3.4'), outcome: 'built' }, tag('2.3.4-stable')] }],
  })
})
