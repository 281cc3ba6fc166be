import { expect, test } from 'vitest'
import type { ImageTagResult, Result, ServiceResult } from '../../src/commands/result.ts'
import { outputsOf } from '../../src/report/outputs.ts'

const image = 'ghcr.io/dmwm/reqmgr2'
const digest = `sha256:${'ab'.repeat(32)}` as const

const tag = (name: string, outcome: ImageTagResult['outcome']): ImageTagResult => ({
  tag: name,
  reference: `${image}:${name}`,
  stable: name.includes('stable'),
  moving: !name.includes('.'),
  outcome,
})

const result = (
  gitTag: string,
  rule: string,
  tags: ServiceResult['tags'],
  { command = 'release', ...others }: Partial<ServiceResult & Result> = {},
): Result => ({
  command,
  gitTag,
  rule,
  reason: `${gitTag} is matched by rule ${rule}.`,
  services: [{ service: 'reqmgr2', image, tags, digest, ...others }],
})

test.each([
  {
    what: 'a stable release',
    given: result('2.3.4', 'final', [
      tag('2.3.4', 'built'),
      tag('2.3.4-stable', 'copied'),
      tag('latest', 'moved'),
    ]),
    outputs: {
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'true',
      tags: `${image}:2.3.4\n${image}:2.3.4-stable\n${image}:latest`,
      'stable-tags': `${image}:2.3.4-stable`,
      withheld: '',
      digest,
      reference: `${image}@${digest}`,
    },
  },
  {
    what: 'a candidate',
    given: result('2.3.5rc1', 'candidate', [tag('2.3.5rc1', 'built')]),
    outputs: {
      tag: '2.3.5rc1',
      rule: 'candidate',
      'is-stable': 'false',
      tags: `${image}:2.3.5rc1`,
      'stable-tags': '',
      withheld: '',
      digest,
      reference: `${image}@${digest}`,
    },
  },
  {
    what: 'a release whose stable tags wait, and whose moving tag stays with a newer version',
    given: result('2.3.4', 'final', [
      tag('2.3.4', 'kept'),
      tag('2.3.4-stable', 'withheld'),
      tag('latest', 'stayed'),
    ]),
    outputs: {
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'false',
      tags: `${image}:2.3.4`,
      'stable-tags': '',
      withheld: `${image}:2.3.4-stable`,
      digest,
      reference: `${image}@${digest}`,
    },
  },
  {
    what: 'a plan',
    given: result('2.3.4', 'final', [tag('2.3.4', 'planned'), tag('2.3.4-stable', 'planned')], {
      command: 'plan',
      digest: undefined,
    }),
    outputs: {
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'true',
      tags: `${image}:2.3.4\n${image}:2.3.4-stable`,
      'stable-tags': `${image}:2.3.4-stable`,
      withheld: '',
      digest: '',
      reference: '',
    },
  },
  {
    what: 'what verify found',
    given: result(
      '2.3.4',
      'final',
      [tag('2.3.4', 'kept'), tag('2.3.4-stable', 'missing'), tag('latest', 'different')],
      {
        command: 'verify',
      },
    ),
    outputs: {
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'false',
      tags: `${image}:2.3.4`,
      'stable-tags': '',
      withheld: '',
      digest,
      reference: `${image}@${digest}`,
    },
  },
])('$what', ({ given, outputs }) => {
  const { json, ...others } = outputsOf(given)
  expect(others).toEqual({ image, 'record-path': '', ...outputs })
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(given)))
})

test('of many services, each has a line, and all must be stable', () => {
  const of = (
    service: string,
    outcome: ImageTagResult['outcome'],
    own: ServiceResult['digest'],
  ): ServiceResult => ({
    service,
    image: `ghcr.io/dmwm/${service}`,
    digest: own,
    tags: [
      { ...tag('2.3.4', 'kept'), reference: `ghcr.io/dmwm/${service}:2.3.4` },
      { ...tag('2.3.4-stable', outcome), reference: `ghcr.io/dmwm/${service}:2.3.4-stable` },
    ],
  })
  const other = `sha256:${'cd'.repeat(32)}` as const
  const given = (outcome: ImageTagResult['outcome']): Result => ({
    ...result('2.3.4', 'final', [tag('2.3.4', 'kept')]),
    services: [of('reqmgr2', 'copied', digest), of('reqmon', outcome, other)],
  })
  const { json, ...outputs } = outputsOf(given('withheld'))
  expect(outputs).toEqual({
    image: 'ghcr.io/dmwm/reqmgr2\nghcr.io/dmwm/reqmon',
    tag: '2.3.4',
    rule: 'final',
    'record-path': '',
    'is-stable': 'false',
    tags: 'ghcr.io/dmwm/reqmgr2:2.3.4\nghcr.io/dmwm/reqmgr2:2.3.4-stable\nghcr.io/dmwm/reqmon:2.3.4',
    'stable-tags': 'ghcr.io/dmwm/reqmgr2:2.3.4-stable',
    withheld: 'ghcr.io/dmwm/reqmon:2.3.4-stable',
    digest: `${digest}\n${other}`,
    reference: `ghcr.io/dmwm/reqmgr2@${digest}\nghcr.io/dmwm/reqmon@${other}`,
  })
  expect(JSON.parse(json).services).toHaveLength(2)
  expect(outputsOf(given('kept'))['is-stable']).toBe('true')
})

test.each<{ what: string; command?: Result['command']; stable: ImageTagResult[]; is: boolean }>([
  { what: 'no stable tags', stable: [], is: false },
  { what: 'one that was copied', stable: [tag('2.3.4-stable', 'copied')], is: true },
  { what: 'one that was there', stable: [tag('2.3.4-stable', 'kept')], is: true },
  { what: 'one that is withheld', stable: [tag('2.3.4-stable', 'withheld')], is: false },
  { what: 'one that the run did not get to', stable: [tag('2.3.4-stable', 'planned')], is: false },
  {
    what: 'two, of which one is withheld',
    stable: [tag('2.3.4-stable', 'copied'), tag('2.3.4-stable-again', 'withheld')],
    is: false,
  },
  {
    what: 'a moving one that stays with a newer version',
    stable: [tag('2.3.4-stable', 'copied'), tag('stable', 'stayed')],
    is: true,
  },
  {
    what: 'a moving one that is withheld, while the fixed one was written',
    stable: [tag('2.3.4-stable', 'copied'), tag('stable', 'withheld')],
    is: true,
  },
  { what: 'a moving one alone that is withheld', stable: [tag('stable', 'withheld')], is: false },
  {
    what: 'a fixed one that is withheld, and a moving one that leads to it',
    stable: [tag('2.3.4-stable', 'withheld'), tag('stable', 'kept')],
    is: false,
  },
  {
    what: 'moving ones, one of which moved',
    stable: [tag('stable', 'stayed'), tag('stable2', 'moved')],
    is: true,
  },
  { what: 'a moving one that stays', stable: [tag('stable', 'stayed')], is: false },
  { what: 'a plan', command: 'plan', stable: [tag('2.3.4-stable', 'planned')], is: true },
  { what: 'a plan for later', command: 'plan', stable: [tag('2.3.4-stable', 'withheld')], is: false },
])('is-stable, $what: $is', ({ command = 'release', stable, is }) => {
  const first = tag('2.3.4', command === 'plan' ? 'planned' : 'built')
  const given = result('2.3.4', 'final', [first, ...stable], { command })
  expect(outputsOf(given)['is-stable']).toBe(String(is))
})
