import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Origin, objectionsTo, type PublishedImage } from '../../src/reconcile/origin.ts'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const OWN = 'github.com/dmwm/wmcore'
const OTHER = 'github.com/dmwm/das2go'

/** Images in short: the revision and the repository of each platform, and whether the digest was given. */
const image = (service: string, origins: [string?, string?][], isGiven = false): PublishedImage => ({
  service,
  isGiven,
  origins: origins.map(([revision, repository]) => ({ revision, repository })),
})

/** The commit of the git tag, and its repository; an empty one is not known. */
const tagAt = (revision: string | undefined, repository = OWN): Origin => ({
  revision,
  repository: repository === '' ? undefined : repository,
})

interface Case {
  what: string
  tag: Origin
  images: PublishedImage[]
  /** What stands against each that is not accepted. */
  objections: Record<string, string>
}

const known: Case[] = [
  { what: 'of the commit', tag: tagAt(A), images: [image('x', [[A, OWN]])], objections: {} },
  {
    what: 'of the commit, written in capitals',
    tag: tagAt(A),
    images: [image('x', [[A.toUpperCase(), OWN]])],
    objections: {},
  },
  {
    what: 'of the commit, without the name of its repository',
    tag: tagAt(A),
    images: [image('x', [[A]])],
    objections: {},
  },
  {
    what: 'of the commit, on each platform',
    tag: tagAt(A),
    images: [
      image('x', [
        [A, OWN],
        [A, OWN],
      ]),
    ],
    objections: {},
  },
  {
    what: 'of another commit of the repository',
    tag: tagAt(A),
    images: [image('x', [[B, OWN]])],
    objections: { x: `it was built from ${B}, and the git tag is ${A}` },
  },
  {
    what: 'of another commit of the repository, given by its digest',
    tag: tagAt(A),
    images: [image('x', [[B, OWN]], true)],
    objections: { x: `it was built from ${B}, and the git tag is ${A}` },
  },
  {
    what: 'of another commit of nobody knows what',
    tag: tagAt(A),
    images: [image('x', [[B]], true)],
    objections: { x: `it was built from ${B}, and the git tag is ${A}` },
  },
  {
    what: 'of another repository',
    tag: tagAt(A),
    images: [image('x', [[B, OTHER]])],
    objections: { x: `it was built from another repository, ${OTHER}` },
  },
  {
    what: 'of another repository, given by its digest',
    tag: tagAt(A),
    images: [image('x', [[B, OTHER]], true)],
    objections: {},
  },
  {
    what: 'without the label',
    tag: tagAt(A),
    images: [image('x', [[]])],
    objections: { x: 'it does not say which commit it was built from' },
  },
  {
    what: 'without the label, given by its digest',
    tag: tagAt(A),
    images: [image('x', [[]], true)],
    objections: {},
  },
  {
    what: 'without the label on one platform',
    tag: tagAt(A),
    images: [image('x', [[A, OWN], []])],
    objections: { x: 'not each of its platforms says which commit it was built from' },
  },
  {
    what: 'whose platforms are of two commits, given by its digest',
    tag: tagAt(A),
    images: [
      image(
        'x',
        [
          [A, OWN],
          [B, OWN],
        ],
        true,
      ),
    ],
    objections: { x: `its platforms were built from different commits, ${A} and ${B}` },
  },
  {
    what: 'one that is right beside one that is not',
    tag: tagAt(A),
    images: [image('x', [[A, OWN]]), image('y', [[B, OWN]])],
    objections: { y: `it was built from ${B}, and the git tag is ${A}` },
  },
]

const unknown: Case[] = [
  { what: 'one, of any commit', tag: tagAt(undefined), images: [image('x', [[A, OWN]])], objections: {} },
  {
    what: 'two of the same commit',
    tag: tagAt(undefined, ''),
    images: [image('x', [[A, OWN]]), image('y', [[A, OWN]])],
    objections: {},
  },
  {
    what: 'two of different commits, though one is given by its digest',
    tag: tagAt(undefined),
    images: [image('x', [[A, OWN]]), image('y', [[B, OWN]], true)],
    objections: {
      x: `it was built from ${A}, and y from ${B}`,
      y: `it was built from ${B}, and x from ${A}`,
    },
  },
  {
    what: 'one of another repository',
    tag: tagAt(undefined),
    images: [image('x', [[A, OTHER]])],
    objections: { x: `it was built from another repository, ${OTHER}` },
  },
  {
    what: 'one of another repository, given by its digest, beside one of the own',
    tag: tagAt(undefined),
    images: [image('x', [[A, OTHER]], true), image('y', [[B, OWN]])],
    objections: {},
  },
  {
    what: 'one that does not name its repository',
    tag: tagAt(undefined),
    images: [image('x', [[A]])],
    objections: { x: 'it was built from a repository that it does not name' },
  },
  {
    what: 'two of different repositories, of which none is known to be the own',
    tag: tagAt(undefined, ''),
    images: [image('x', [[A, OTHER]], true), image('y', [[B, OWN]])],
    objections: { y: 'it was built from another repository than x' },
  },
  {
    what: 'one without the label',
    tag: tagAt(undefined),
    images: [image('x', [[]])],
    objections: { x: 'it does not say which commit it was built from' },
  },
  {
    what: 'one without the label, given by its digest, beside one with it',
    tag: tagAt(undefined),
    images: [image('x', [[]], true), image('y', [[A, OWN]])],
    objections: {},
  },
]

const why = (images: readonly PublishedImage[], tag: Origin): Record<string, string> =>
  Object.fromEntries([...objectionsTo(images, tag)].map(([service, objection]) => [service, objection.why]))

describe('the commit of the git tag is known', () => {
  test.each(known)('$what', ({ tag, images, objections }) => {
    expect(why(images, tag)).toEqual(objections)
  })
})

describe('the commit of the git tag is not known', () => {
  test.each(unknown)('$what', ({ tag, images, objections }) => {
    expect(why(images, tag)).toEqual(objections)
  })
})

const origins = fc.record({
  revision: fc.constantFrom(undefined, A, B),
  repository: fc.constantFrom(undefined, OWN, OTHER),
})
const images = fc.uniqueArray(
  fc.record({
    service: fc.constantFrom('a', 'b', 'c', 'd'),
    isGiven: fc.boolean(),
    origins: fc.array(origins, { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ service }) => service, minLength: 1 },
)

test('what is accepted together is of one commit of each repository, and of the git tag if that is known', () => {
  fc.assert(
    fc.property(images, origins, (some, tag) => {
      if (objectionsTo(some, tag).size > 0) return
      const all = some.flatMap(({ origins }) => origins)
      const ofOwn = all.filter(({ repository }) => repository !== undefined && repository === tag.repository)
      const commits = new Set(ofOwn.flatMap(({ revision }) => revision ?? []))
      expect(commits.size).toBeLessThanOrEqual(1)
      if (tag.revision !== undefined) for (const commit of commits) expect(commit).toBe(tag.revision)
    }),
  )
})

test('an image whose digest was not given says of every platform which commit it is of', () => {
  fc.assert(
    fc.property(images, origins, (some, tag) => {
      const objections = objectionsTo(some, tag)
      for (const { service, isGiven, origins } of some) {
        if (isGiven || objections.has(service)) continue
        for (const { revision } of origins) expect(revision).toBeDefined()
      }
    }),
  )
})
