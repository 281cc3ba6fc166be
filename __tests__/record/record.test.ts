import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { annotationsOf, noteAbout } from '../../src/record/annotations.ts'
import type { Promotion, PromotionNote } from '../../src/record/promotion.ts'
import { artifactManifest, PREDICATE_TYPE, predicateOf, statementOf } from '../../src/record/statement.ts'
import { recordInWords, recordLines } from '../../src/report/words.ts'
import { digest } from '../reconcile/world.ts'

const STABLE = 'registry.cern.ch/cmswmcore/reqmgr2:2.4.5-stable'

const promotion: Promotion = {
  source: 'registry.cern.ch/cmswmcore/reqmgr2:2.4.5',
  destination: STABLE,
  digest: digest('a'),
  time: '2026-11-24T17:02:11Z',
  gitTag: '2.4.5',
  commit: 'c'.repeat(40),
  rule: 'final',
  policyDigest: digest('b'),
  command: 'promote',
  written: true,
  checks: [{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }],
  actor: 'amaltaro',
  run: 'https://github.com/dmwm/WMCore/actions/runs/7',
  environment: 'production',
}

describe('the record of a decision', () => {
  test('is the predicate of the specification, with our own fields in one', () => {
    const { source, destination, time, ...own } = promotion
    const { digest: image, ...stableRelease } = own
    expect(predicateOf(promotion, '1.2.3')).toEqual({
      srcRef: source,
      dstRef: destination,
      digest: image,
      timestamp: time,
      builderId: 'https://github.com/dmwm/stable-release-action@v1.2.3',
      stableRelease,
    })
  })

  test('is stated of the image', () => {
    const repository = { registry: 'registry.cern.ch', path: 'cmswmcore/reqmgr2' }
    expect(statementOf(promotion, repository, '1.2.3')).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'registry.cern.ch/cmswmcore/reqmgr2', digest: { sha256: 'a'.repeat(64) } }],
      predicateType: PREDICATE_TYPE,
      predicate: predicateOf(promotion, '1.2.3'),
    })
  })

  test('is an artifact that refers to the image', () => {
    const part = { mediaType: 'application/x', digest: digest('d'), size: 3 }
    const bytes = artifactManifest({ subject: part, config: part, statement: part }, { a: 'b' })
    expect(JSON.parse(bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.in-toto+json',
      config: part,
      layers: [{ ...part, annotations: { 'in-toto.io/predicate-type': PREDICATE_TYPE } }],
      subject: part,
      annotations: { a: 'b' },
    })
  })
})

/** After all that is recorded here. */
const NOW = Date.parse('2026-12-01T00:00:00Z')

/** What a list of records tells of the stable tag. */
const told = (annotations: Readonly<Record<string, unknown>>): PromotionNote | undefined =>
  noteAbout([{ annotations }], STABLE, NOW)

describe('what a list of records tells', () => {
  const note: PromotionNote = {
    destination: STABLE,
    time: promotion.time,
    written: true,
    checks: promotion.checks,
    actor: 'amaltaro',
    run: promotion.run,
    environment: 'production',
  }

  test('is what was recorded, whatever it is', () => {
    const word = fc.stringMatching(/^[\w .,@()<>"'&-]{1,80}$/)
    const address = fc.webUrl({ size: 'small' })
    const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
    const notes = fc.record({
      destination: fc.constant(STABLE),
      time: fc.constantFrom('2026-11-24T17:02:11Z', '2000-01-01T00:00:00Z'),
      written: fc.boolean(),
      checks: fc.array(fc.record({ name: word, state: word, url: some(address) }), { maxLength: 3 }),
      actor: some(word),
      run: some(address),
      environment: some(word),
    })
    fc.assert(
      fc.property(notes, any => {
        expect(told(annotationsOf(any))).toEqual(any)
      }),
    )
  })

  test('is what the last run says that wrote the tag, else the first that found it there', () => {
    const at = (month: number, written: boolean) => ({
      annotations: annotationsOf({ ...note, time: `2026-0${month}-01T00:00:00Z`, written }),
    })
    const monthOf = (...list: ReturnType<typeof at>[]) => noteAbout(list, STABLE)?.time.slice(5, 7)
    expect(monthOf(at(3, true), at(1, true), at(2, true))).toBe('03')
    expect(monthOf(at(1, true), at(2, false))).toBe('01')
    expect(monthOf(at(2, false), at(1, false))).toBe('01')
  })

  test.each<{ what: string; annotations: Readonly<Record<string, unknown>> }>([
    { what: 'no annotations', annotations: {} },
    { what: 'of another tag', annotations: annotationsOf({ ...note, destination: `${STABLE}2` }) },
    {
      what: 'of another repository',
      annotations: annotationsOf({ ...note, destination: 'ghcr.io/a/reqmgr2:2.4.5-stable' }),
    },
    { what: 'of another kind', annotations: { ...annotationsOf(note), 'in-toto.io/predicate-type': 'x' } },
    { what: 'without a time', annotations: annotationsOf({ ...note, time: '' }) },
    { what: 'of no time', annotations: annotationsOf({ ...note, time: 'yesterday' }) },
    { what: 'of a time that is not', annotations: annotationsOf({ ...note, time: '2026-13-41T25:61:61Z' }) },
    { what: 'of a day that is not', annotations: annotationsOf({ ...note, time: '2026-02-31T00:00:00Z' }) },
    { what: 'of the hour 24', annotations: annotationsOf({ ...note, time: '2026-02-01T24:00:00Z' }) },
    { what: 'of the future', annotations: annotationsOf({ ...note, time: '2026-12-01T00:11:00Z' }) },
    {
      what: 'a list for a text',
      annotations: { ...annotationsOf(note), 'org.opencontainers.image.created': [] },
    },
  ])('is nothing: $what', ({ annotations }) => {
    expect(told(annotations)).toBeUndefined()
  })

  test('is no part of an address: half of one would lead elsewhere', () => {
    const long = `https://ci.example/${'x'.repeat(231)}`
    expect(told(annotationsOf({ ...note, run: long }))?.run).toBe(long)
    expect(told(annotationsOf({ ...note, run: `${long}y` }))).toMatchObject({
      run: undefined,
      actor: 'amaltaro',
    })
  })

  test.each([undefined, null, 'x', 7, [], { annotations: 'x' }])('is nothing of %j', descriptor => {
    expect(noteAbout([descriptor], STABLE)).toBeUndefined()
  })

  test('is data: one escaped line, bounded, with addresses that are some', () => {
    const bad = {
      ...annotationsOf(note),
      'io.github.dmwm.stable-release.record.actor': `\u001b[31m\n::error::x${'y'.repeat(1_000)}`,
      'io.github.dmwm.stable-release.record.run': 'javascript:alert(1)',
      'io.github.dmwm.stable-release.record.environment': 'a\u202eb',
      'io.github.dmwm.stable-release.record.checks': JSON.stringify([
        { name: 'x\n##[error]', state: 'success', url: 'https://a b' },
        { name: 7, state: 'success' },
        'no check',
        ...Array(50).fill({ name: 'many', state: 'success' }),
      ]),
    }
    const found = told(bad)
    expect(found).toMatchObject({ run: undefined, environment: 'a\\u202eb' })
    expect(found?.actor).toMatch(/^\\u001b\[31m\\u000a/)
    expect(found?.actor?.length).toBeLessThan(200)
    expect(found?.checks.length).toBeLessThanOrEqual(5)
    expect(found?.checks[0]).toEqual({
      name: expect.stringMatching(/^x\\u000a##\\u005b/),
      state: 'success',
      url: undefined,
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(recordInWords(found ?? note)).not.toMatch(/[\u0000-\u001f\u202e]|javascript|##\[/)
  })
})

describe('in words', () => {
  test.each<{ what: string; note: Partial<PromotionNote>; words: string }>([
    {
      what: 'all that may be known',
      note: {},
      words:
        '2.4.5-stable since 2026-11-24 17:02, by amaltaro, for production, testbed passed (https://testbed.example/7), run (https://github.com/dmwm/WMCore/actions/runs/7)',
    },
    {
      what: 'nothing but the time',
      note: { actor: undefined, run: undefined, environment: undefined, checks: [] },
      words: '2.4.5-stable since 2026-11-24 17:02',
    },
    {
      what: 'by hand, by somebody whose name reads like more',
      note: { environment: 'by hand', run: undefined, checks: [], actor: 'bob, testbed passed' },
      words: '2.4.5-stable since 2026-11-24 17:02, by "bob, testbed passed", by hand',
    },
    {
      what: 'found there, on a runner of GitHub, a check that failed since',
      note: {
        written: false,
        environment: 'github-hosted',
        run: undefined,
        checks: [{ name: 'testbed', state: 'failure', url: undefined }],
      },
      words: '2.4.5-stable since 2026-11-24 17:02 or before, found there by amaltaro, testbed failure',
    },
  ])('$what', ({ note, words }) => {
    expect(recordInWords({ ...promotion, ...note })).toBe(words)
  })

  test('the newest first, each once for all services', () => {
    const older = { ...promotion, time: '2026-11-01T00:00:00Z', actor: 'todor' }
    const lines = recordLines([
      { service: 'reqmgr2', records: [older, promotion] },
      { service: 'reqmon', records: [promotion] },
    ])
    expect(lines).toEqual([
      expect.stringMatching(/^2\.4\.5-stable since 2026-11-24.*: reqmgr2, reqmon$/),
      expect.stringMatching(/^2\.4\.5-stable since 2026-11-01 .* by todor.*: reqmgr2$/),
    ])
    expect(recordLines([{ service: 'reqmgr2', records: [older] }])).toEqual([
      expect.not.stringContaining('reqmgr2'),
    ])
  })
})
