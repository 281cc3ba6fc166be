import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Origin, objectionsTo } from '../../src/reconcile/origin.ts'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const OWN = 'github.com/dmwm/wmcore'
const OTHER = 'github.com/dmwm/das2go'

interface Case {
  readonly what: string
  /** Of each service, the revision and the repository of each platform of its image. */
  readonly images: Readonly<Record<string, readonly (readonly [string?, string?])[]>>
  /** The services whose digests were given. */
  readonly given?: string
  /** The repository of the git tag, if it is known. */
  readonly of?: string | undefined
  /** What the objections name, of each service that is not accepted. */
  readonly against?: Readonly<Record<string, readonly string[]>>
}

const check =
  (revision: string | undefined) =>
  ({ images, given = '', of = OWN, against = {} }: Case): void => {
    const all = Object.entries(images).map(([service, origins]) => ({
      service,
      isGiven: given.includes(service),
      origins: origins.map(([revision, repository]) => ({ revision, repository })),
    }))
    const objections = objectionsTo(all, { revision, repository: of === '' ? undefined : of })
    expect([...objections.keys()]).toEqual(Object.keys(against))
    for (const [service, names] of Object.entries(against))
      for (const name of names) expect(objections.get(service)?.why).toContain(name)
  }

const differ = { x: [[B, OWN]] } as const
test.each<Case>([
  { what: 'of the commit', images: { x: [[A, OWN]] } },
  { what: 'of the commit, written in capitals', images: { x: [[A.toUpperCase(), OWN]] } },
  { what: 'of the commit, without the name of its repository', images: { x: [[A]] } },
  {
    what: 'of the commit, on each platform',
    images: {
      x: [
        [A, OWN],
        [A, OWN],
      ],
    },
  },
  { what: 'of another', images: differ, against: { x: [A, B] } },
  { what: 'of another, given by its digest', images: differ, given: 'x', against: { x: [A, B] } },
  { what: 'of another of nobody knows what', images: { x: [[B]] }, given: 'x', against: { x: [A, B] } },
  { what: 'of another repository', images: { x: [[B, OTHER]] }, against: { x: [OTHER] } },
  { what: 'of another repository, given by its digest', images: { x: [[B, OTHER]] }, given: 'x' },
  { what: 'without the label', images: { x: [[]] }, against: { x: [] } },
  { what: 'without the label, given by its digest', images: { x: [[]] }, given: 'x' },
  { what: 'without the label on one platform', images: { x: [[A, OWN], []] }, against: { x: [] } },
  {
    what: 'of two commits, given',
    images: {
      x: [
        [A, OWN],
        [B, OWN],
      ],
    },
    given: 'x',
    against: { x: [A, B] },
  },
  { what: 'right beside one that is not', images: { x: [[A, OWN]], y: [[B, OWN]] }, against: { y: [A, B] } },
])('the commit of the git tag is known, and an image is $what', check(A))

const different = { x: [[A, OWN]], y: [[B, OWN]] } as const
const foreign = { x: [[A, OTHER]], y: [[B, OWN]] } as const
test.each<Case>([
  { what: 'one, of any commit', images: { x: [[A, OWN]] } },
  { what: 'two of the same commit', of: '', images: { x: [[A, OWN]], y: [[A, OWN]] } },
  { what: 'two of two commits', images: different, given: 'y', against: { x: [A, B, 'y'], y: [A, B, 'x'] } },
  { what: 'one of another repository', images: { x: [[A, OTHER]] }, against: { x: [OTHER] } },
  { what: 'one of another repository, given, beside one of the own', images: foreign, given: 'x' },
  { what: 'one that does not name its repository', images: { x: [[A]] }, against: { x: [] } },
  { what: 'two of two repositories', of: '', images: foreign, given: 'x', against: { y: ['x'] } },
  { what: 'one without the label', images: { x: [[]] }, against: { x: [] } },
  {
    what: 'one without the label, given, beside one with it',
    images: { x: [[]], y: [[A, OWN]] },
    given: 'x',
  },
])('the commit of the git tag is not known, and there is $what', check(undefined))

const origins: fc.Arbitrary<Origin> = fc.record({
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
