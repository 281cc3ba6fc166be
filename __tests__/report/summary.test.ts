import { expect, test } from 'vitest'
import type { ImageTagResult, Result, ServiceResult } from '../../src/commands/result.ts'
import { ReleaseError } from '../../src/errors.ts'
import { summaryOf, writeSummary } from '../../src/report/summary.ts'
import { Secrets } from '../../src/secrets.ts'

const image = 'registry.cern.ch/cmsweb/reqmgr2'
const digest = `sha256:${'ab'.repeat(32)}` as const

const tag = (name: string, outcome: ImageTagResult['outcome'], note?: string): ImageTagResult => ({
  tag: name,
  reference: `${image}:${name}`,
  stable: name.endsWith('stable'),
  moving: name === 'latest',
  outcome,
  ...(note === undefined ? {} : { note }),
})

const released = (...tags: ServiceResult['tags']): Result => ({
  command: 'release',
  gitTag: '2.3.4',
  rule: 'final',
  reason: '2.3.4 is matched by rule final.',
  services: [{ service: 'reqmgr2', image, tags, digest }],
})

/** The same with more that is known of its one service. */
const withMore = (result: Result, more: Partial<ServiceResult>): Result => ({
  ...result,
  services: [{ ...result.services[0], ...more }],
})

const stages = [
  { name: 'Read the registry', took: 312, conclusion: '2.3.4 is to be published' },
  { name: 'Verify', took: 40, conclusion: 'failed' },
]

const failed = new ReleaseError('already-published', {
  what: 'In registry.cern.ch/cmsweb/reqmgr2, 2.3.4 is there already.',
  remedy: 'Release a new version.',
})

test('a release: every tag, its digest, the way to pull it, the stages', () => {
  const result = released(
    tag('2.3.4', 'built'),
    tag('2.3.4-stable', 'copied'),
    tag('latest', 'stayed', 'stays with 2.4.0'),
  )
  expect(summaryOf({ result, stages, error: undefined })).toBe(
    [
      '### ✅ reqmgr2 2.3.4: published',
      '2.3.4 is matched by rule final.',
      [
        '| image | kind | what happened | digest |',
        '| --- | --- | --- | --- |',
        `| <code>${image}:2.3.4</code> |  | built | <code>sha256:abababababab…</code> |`,
        `| <code>${image}:2.3.4-stable</code> | stable | copied | <code>sha256:abababababab…</code> |`,
        `| <code>${image}:latest</code> | moving | stays with 2.4.0 |  |`,
      ].join('\n'),
      ['```sh', `docker pull ${image}@${digest}`, '```'].join('\n'),
      [
        '<details><summary>Stages</summary>',
        '',
        '| stage | duration | result |',
        '| --- | --- | --- |',
        '| Read the registry | 0.3 s | 2.3.4 is to be published |',
        '| Verify | 0.0 s | failed |',
        '',
        '</details>',
      ].join('\n'),
      '',
    ].join('\n\n'),
  )
})

test.each([
  {
    what: 'withheld stable tags are in the heading',
    report: {
      result: released(tag('2.3.4', 'built'), tag('2.3.4-stable', 'withheld', 'waits for its promotion')),
      stages: [],
      error: undefined,
    },
    contains: [
      '### ⚠️ reqmgr2 2.3.4: published, stable tags withheld',
      'withheld: waits for its promotion',
      [
        '```yaml',
        'command: promote',
        'registry: registry.cern.ch',
        'project: cmsweb',
        'service: reqmgr2',
        'tag: 2.3.4',
        `digest: ${digest}`,
        '```',
      ].join('\n'),
    ],
  },
  {
    what: 'the checks that were required are required for the promotion, too',
    report: {
      result: {
        ...withMore(
          released(tag('2.3.4', 'built'), tag('2.3.4-stable', 'withheld', 'waits for testbed: not found')),
          { checks: ['testbed', 'unit tests'] },
        ),
      },
      stages: [],
      error: undefined,
    },
    contains: [`digest: ${digest}\nrequire-checks: |\n  testbed\n  unit tests\n\`\`\``],
  },
  {
    what: 'a run after a complete one says so',
    report: {
      result: released(tag('2.3.4', 'kept'), tag('2.3.4-stable', 'kept')),
      stages: [],
      error: undefined,
    },
    contains: ['### ✅ reqmgr2 2.3.4: published already, nothing to do', '|  | there already |'],
  },
  {
    what: 'what is only built has no digest yet',
    report: {
      result: {
        ...withMore(released(tag('2.3.4', 'built')), { digest: undefined }),
        command: 'build' as const,
      },
      stages: [],
      error: undefined,
    },
    contains: ['### ✅ reqmgr2 2.3.4: built, not pushed', '| image | kind | what happened |\n'],
  },
  {
    what: 'the digest leads to the page of the registry, where it is known',
    report: {
      result: withMore(released(tag('2.3.4', 'built')), {
        page: 'https://registry.cern.ch/harbor/projects/1',
      }),
      stages: [],
      error: undefined,
    },
    contains: ['[<code>sha256:abababababab…</code>](https://registry.cern.ch/harbor/projects/1)'],
  },
  {
    what: 'a failure says what failed, what is published already, and what to do',
    report: {
      result: released(tag('2.3.4', 'built'), tag('2.3.4-stable', 'planned')),
      stages: [],
      error: failed,
    },
    contains: [
      '### ❌ reqmgr2 2.3.4: The image tag is already there',
      '**The plan.** 2.3.4 is matched by rule final.',
      '**What failed (<code>already-published</code>).**',
      '```text\nIn registry.cern.ch/cmsweb/reqmgr2, 2.3.4 is there already.\n```',
      `**Published.** <code>${image}:2.3.4</code>. The next run goes on from there.`,
      '|  | built | <code>sha256:abababababab…</code> |',
      '| stable | not written |  |',
      '**What to do.** Release a new version.',
    ],
  },
  {
    what: 'a failure after the push says that the tag is there, and no more',
    report: {
      result: withMore(released(tag('2.3.4', 'pushed'), tag('2.3.4-stable', 'planned')), {
        digest: undefined,
      }),
      stages: [],
      error: failed,
    },
    contains: [
      `**In the registry now, not read back.** <code>${image}:2.3.4</code>. The next run looks what it is.`,
      '|  | in the registry now, not read back |',
    ],
  },
  {
    what: 'what was replaced is named whole',
    report: {
      result: released({ ...tag('2.3.4', 'built', `replaces ${digest}`), replaced: digest }),
      stages: [],
      error: undefined,
    },
    contains: [`|  | built, replaces ${digest} |`],
  },
  {
    what: 'a failure before anything was published',
    report: {
      result: withMore(released(tag('2.3.4', 'planned')), { digest: undefined }),
      stages: [],
      error: failed,
    },
    contains: ['**Published.** Nothing by this run.'],
  },
  {
    what: 'a failure when docker may have pushed',
    report: {
      result: withMore(released({ ...tag('2.3.4', 'unclear', `replaces ${digest}`), replaced: digest }), {
        digest: undefined,
      }),
      stages: [],
      error: failed,
    },
    contains: [
      `**May have been written.** <code>${image}:2.3.4</code>, which was <code>${digest}</code>. There was no answer that says so: the next run looks`,
      `|  | may have been written, replaces ${digest} |`,
    ],
  },
  {
    what: 'a failure without a plan',
    report: { result: undefined, stages: [], error: failed },
    contains: ['### ❌ The image tag is already there'],
  },
  {
    what: 'a failure without a plan names the service',
    report: { result: undefined, stages: [], error: failed, service: 'reqmgr2' },
    contains: ['### ❌ reqmgr2: The image tag is already there'],
  },
])('$what', ({ report, contains }) => {
  const summary = summaryOf(report)
  for (const text of contains) expect(summary).toContain(text)
})

test('a failure before anything was written has no table of what was not', () => {
  const result = withMore(released(tag('2.3.4', 'planned')), { digest: undefined })
  expect(summaryOf({ result, stages: [], error: failed })).not.toContain('| image |')
})

test('the image without a project is promoted without one', () => {
  const result = {
    ...withMore(released(tag('2.3.4', 'built'), tag('2.3.4-stable', 'withheld')), {
      image: 'registry.cern.ch/reqmgr2',
    }),
  }
  expect(summaryOf({ result, stages: [], error: undefined })).toContain(
    "registry: registry.cern.ch\nproject: ''\nservice: reqmgr2",
  )
})

test('what comes from outside is text, whatever is in it', () => {
  const error = new ReleaseError('tag-refused', { what: '```\n<script>', remedy: 'a | b <img> **c**' })
  const summary = summaryOf({ result: undefined, stages: [], error })
  expect(summary).toContain('````text\n```\n<script>\n````')
  expect(summary).toContain('a &#124; b &#60;img&#62; &#42;&#42;c&#42;&#42;')
})

test('what comes from outside stays in its line, and is nothing that the runner obeys', () => {
  const evil = 'a\n::error::b ##[error]c\r| d &lt;'
  const result = released(tag('2.3.4', 'built', evil))
  const stages = [{ name: evil, took: 1, conclusion: evil }]
  const error = new ReleaseError('registry-unreadable', { what: evil, remedy: evil })
  for (const report of [
    { result, stages, error: undefined },
    { result, stages, error },
    { result: { ...result, reason: evil }, stages, error: new Error(evil), service: evil },
    { result: undefined, stages: [], error: failed, service: evil },
  ]) {
    const summary = summaryOf(report)
    expect(summary).not.toMatch(/##\[|\r|^\s*::/m)
    const lines = summary.split('\n')
    expect(lines.filter(text => /u000d/.test(text))).not.toEqual([])
    expect(lines.filter(text => text.startsWith('| a')).map(text => text.split(' | ').length)).toEqual(
      stages === report.stages ? [3] : [],
    )
  }
})

test('an internal error says where to report it', () => {
  const summary = summaryOf({ result: undefined, stages: [], error: new TypeError('x is not a function') })
  expect(summary).toContain('### ❌ Internal error: please report it')
  expect(summary).toContain('```text\nx is not a function.\n```')
  expect(summary).toContain('**What to do.** Report it in the repository of the action, with the log')
})

test('no summary file, or one that can not be written, does not matter', () => {
  const report = { result: undefined, stages: [], error: undefined }
  const secrets = new Secrets()
  for (const env of [{}, { GITHUB_STEP_SUMMARY: '' }, { GITHUB_STEP_SUMMARY: '/nowhere/at/all' }])
    expect(() => writeSummary(report, { env, secrets })).not.toThrow()
})

const many = (command: Result['command'], ...services: Partial<ServiceResult>[]): Result => {
  const of = (more: Partial<ServiceResult>, index: number): ServiceResult => ({
    service: ['reqmgr2', 'reqmon'][index] ?? '',
    image,
    digest,
    tags: [tag('2.3.4', 'kept'), tag('2.3.4-stable', 'copied')],
    ...more,
  })
  const [first, ...others] = services.map(of)
  if (first === undefined) throw new Error('there is no service')
  return { ...released(tag('2.3.4', 'kept')), command, services: [first, ...others] }
}

test('many services are one table, a row each', () => {
  const summary = summaryOf({ result: many('promote', {}, {}), stages, error: undefined })
  expect(summary).toContain(
    [
      '| service | 2.3.4 | 2.3.4-stable | digest |',
      '| --- | --- | --- | --- |',
      '| <code>reqmgr2</code> | kept | copied | <code>sha256:abababababab…</code> |',
      '| <code>reqmon</code> | kept | copied | <code>sha256:abababababab…</code> |',
    ].join('\n'),
  )
  expect(summary).toContain('### ✅ 2 services 2.3.4: promoted')
  expect(summary.match(/docker pull/g)).toHaveLength(2)
})

test('of many services that are not ready, the table says which, and why', () => {
  const tags = [tag('2.3.4', 'planned'), tag('2.3.4-stable', 'planned')] as const
  const result = many('promote', { tags }, { tags, problem: 'a | b' })
  const summary = summaryOf({ result, stages, error: failed })
  expect(summary).toContain(
    [
      '| service | ready | digest |',
      '| --- | --- | --- |',
      '| <code>reqmgr2</code> | yes | <code>sha256:abababababab…</code> |',
      '| <code>reqmon</code> | no: a &#124; b | <code>sha256:abababababab…</code> |',
    ].join('\n'),
  )
})

test('of many services that wait, all are named by their digests, as promote takes them', () => {
  const tags = [tag('2.3.4', 'kept'), tag('2.3.4-stable', 'withheld')] as const
  const image = 'registry.cern.ch/cmsweb'
  const result = many('verify', { tags, image: `${image}/reqmgr2` }, { tags, image: `${image}/reqmon` })
  expect(summaryOf({ result, stages, error: undefined })).toContain(
    [
      '```yaml',
      'command: promote',
      'registry: registry.cern.ch',
      'project: cmsweb',
      'tag: 2.3.4',
      'service: |',
      `  reqmgr2@${digest}`,
      `  reqmon@${digest}`,
      '```',
    ].join('\n'),
  )
})
