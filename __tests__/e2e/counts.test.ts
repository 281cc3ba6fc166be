import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, startBench } from './bench.ts'
import { COUNTED, type Counted, type Counts, countRuns } from './counts.ts'

/** What each run may cost; docs/performance.md says what it is for. */
const LIMITS: Readonly<Record<Counted, { docker: number; requests: number }>> = {
  plan: { docker: 0, requests: 0 },
  release: { docker: 1, requests: 9 },
  'release again': { docker: 0, requests: 5 },
  verify: { docker: 0, requests: 3 },
  promote: { docker: 0, requests: 10 },
  build: { docker: 1, requests: 0 },
  push: { docker: 5, requests: 9 },
}

const WRITES = /^PUT /

/** What was asked twice without anything having been written in between. */
const repeated = (requests: readonly string[]): string[] => {
  let known = new Set<string>()
  return requests.filter(request => {
    if (WRITES.test(request)) known = new Set()
    const isKnown = known.has(request)
    known.add(request)
    return isKnown
  })
}

let bench: Bench
let counts: Record<Counted, Counts>
beforeAll(async () => {
  bench = await startBench()
  counts = await countRuns(bench, 'counted')
})
afterAll(() => bench?.stop())

describe.each(COUNTED)('%s', name => {
  test(`costs at most ${LIMITS[name].docker} processes of docker and ${LIMITS[name].requests} requests`, () => {
    const { docker, requests } = counts[name]
    expect(docker.length, docker.map(args => args.join(' ')).join('\n')).toBeLessThanOrEqual(
      LIMITS[name].docker,
    )
    expect(requests.length, requests.join('\n')).toBeLessThanOrEqual(LIMITS[name].requests)
  })
})

// docker pushes between the two, beside the requests of the action: that is why it looks again.
test.each([
  { name: 'release', tag: '2.3.4' },
  { name: 'push', tag: '2.3.6' },
] as const)(
  'a $name looks at its stable tag again after the push, and asks nothing else twice',
  ({ name, tag }) => {
    const { requests } = counts[name]
    const again = `HEAD manifests/${tag}-stable`
    expect(repeated(requests)).toEqual([again])
    // Only once the first tag has been read back: a look before that might be an old one.
    const readBack = requests.indexOf(`GET manifests/${tag}`)
    expect(requests.slice(readBack + 1, readBack + 3)).toEqual([again, `PUT manifests/${tag}-stable`])
  },
)

test.each(['release again', 'verify', 'promote'] as const)('%s asks nothing twice', name => {
  expect(repeated(counts[name].requests)).toEqual([])
})
