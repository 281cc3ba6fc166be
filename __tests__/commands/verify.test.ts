import { afterEach, beforeEach, expect, test } from 'vitest'
import { ResultError } from '../../src/commands/result-error.ts'
import { refused } from '../registry/model-registry.ts'
import { type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const OTHER = `sha256:${'5'.repeat(64)}`

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

/** What there is of the version: nothing, the first tag, both as one image, or two images. */
const THERE = {
  nothing: async () => {},
  first: () => bench.seed(TAG),
  both: async () => {
    await bench.seed(TAG)
    bench.registry.copyTag(REPOSITORY, TAG, STABLE)
  },
  stable: () => bench.seed(STABLE),
  'two images': async () => {
    await bench.seed(TAG)
    await bench.seed(STABLE)
  },
}

const table: {
  there: keyof typeof THERE
  inputs?: { stable?: string; digest?: string }
  finds: Record<string, string>
}[] = [
  { there: 'both', finds: { [TAG]: 'kept', [STABLE]: 'kept' } },
  { there: 'first', finds: { [TAG]: 'kept', [STABLE]: 'missing' } },
  { there: 'first', inputs: { stable: 'on-promotion' }, finds: { [TAG]: 'kept', [STABLE]: 'withheld' } },
  { there: 'both', inputs: { stable: 'on-promotion' }, finds: { [TAG]: 'kept', [STABLE]: 'kept' } },
  { there: 'two images', finds: { [TAG]: 'kept', [STABLE]: 'different' } },
  { there: 'nothing', finds: { [TAG]: 'missing', [STABLE]: 'missing' } },
  { there: 'both', inputs: { digest: OTHER }, finds: { [TAG]: 'different', [STABLE]: 'different' } },
]

test.each(table)(
  'of $there with $inputs it finds $finds, by HEAD alone',
  async ({ there, inputs, finds }) => {
    await THERE[there]()
    const { error, services } = await bench.run({ command: 'verify', ...inputs })
    const isWrong = Object.values(finds).some(outcome => outcome === 'missing' || outcome === 'different')
    expect(error instanceof ResultError).toBe(isWrong)
    expect(Object.fromEntries(services?.[0].tags.map(({ tag, outcome }) => [tag, outcome]) ?? [])).toEqual(
      finds,
    )
    expect(bench.events.filter(event => !event.startsWith('HEAD'))).toEqual([])
  },
)

test.each<{ there: keyof typeof THERE; inputs?: { digest?: string; stable?: string }; says: string }>([
  { there: 'nothing', inputs: { stable: 'on-promotion' }, says: `Nothing of ${TAG} is there` },
  { there: 'nothing', says: 'check the git tag, registry, project and service, or run release.' },
  {
    there: 'both',
    inputs: { digest: OTHER },
    says: `Check the digest that was given: ${TAG} is another image.`,
  },
  { there: 'stable', says: `Give ${TAG} back to the right image of its other tags in the registry` },
  { there: 'first', says: `Run release for ${TAG} again` },
  { there: 'two images', says: 'Find out which image is right before you change what is different' },
])('of $there with $inputs it says what to do', async ({ there, inputs, says }) => {
  await THERE[there]()
  const { error, services } = await bench.run({ command: 'verify', ...inputs })
  expect(error).toMatchObject({ remedy: expect.stringContaining(says) })
  // Never one that no tag leads to.
  expect(services?.[0].digest).not.toBe(OTHER)
})

test('an image that HEAD of the tags names, and that is not there, is missing', async () => {
  await THERE.both()
  for (const tag of [TAG, STABLE]) {
    bench.registry.answer(`HEAD ${tag}`, { status: 200, headers: { 'docker-content-digest': OTHER } })
  }
  const { error } = await bench.run({ command: 'verify' })
  expect(error).toMatchObject({
    name: 'not-as-planned',
    message: expect.stringContaining(`${TAG} is missing (is ${OTHER}, which the registry does not have)`),
    remedy: expect.stringContaining("If the image can't be restored, delete the tags that lead to it"),
    result: { services: [{ digest: undefined }] },
  })
})

test.each([
  { what: 'is refused', answer: refused(403, 'DENIED'), name: 'registry-denied' },
  { what: 'fails', answer: refused(502, 'UNKNOWN'), name: 'registry-unreadable' },
  { what: 'gives no digest', answer: { status: 200 }, name: 'registry-unreadable' },
])('what $what is not absent', async ({ answer, name }) => {
  bench.registry.answer(`HEAD ${STABLE}`, answer)
  expect((await bench.run({ command: 'verify' })).error).toMatchObject({ name })
})

test('a moving tag that belongs to a newer version may stay there', async () => {
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
  await THERE.both()
  await bench.seed('2.3.5')
  bench.registry.copyTag(REPOSITORY, '2.3.5', '2.3')
  const { error, outcomes, result } = await bench.run({ command: 'verify', policy })
  expect(error).toBeUndefined()
  expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept', '2.3': 'stayed' })
  expect(result?.tags.find(({ tag }) => tag === '2.3')?.note).toBe('belongs to 2.3.5, which is newer')
})
