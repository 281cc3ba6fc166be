import { afterAll, beforeAll, expect, test } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { writesTo } from './requests.ts'
import { KINDS, mediaTypeOf, seed } from './seed.ts'

// No docker command is in the PATH of these steps.
let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

/** What `verify` says of 2.3.4 and 2.3.4-stable. */
type Finding = 'kept' | 'missing' | 'different' | 'withheld'
const WORDS = { kept: 'as planned', missing: 'missing', different: 'different', withheld: 'withheld' }

const cases: {
  name: string
  first: boolean
  stable: 'absent' | 'equal' | 'different'
  later?: boolean
  pin?: 'right' | 'wrong'
  findings: [Finding, Finding]
}[] = [
  { name: 'a whole release', first: true, stable: 'equal', findings: ['kept', 'kept'] },
  { name: 'nothing', first: false, stable: 'absent', findings: ['missing', 'missing'] },
  { name: 'no stable tag', first: true, stable: 'absent', findings: ['kept', 'missing'] },
  { name: 'another stable tag', first: true, stable: 'different', findings: ['kept', 'different'] },
  { name: 'a stable tag alone', first: false, stable: 'different', findings: ['missing', 'different'] },
  { name: 'before promotion', first: true, stable: 'absent', later: true, findings: ['kept', 'withheld'] },
  { name: 'after promotion', first: true, stable: 'equal', later: true, findings: ['kept', 'kept'] },
  {
    name: 'a wrong promotion',
    first: true,
    stable: 'different',
    later: true,
    findings: ['kept', 'different'],
  },
  { name: 'the digest asked for', first: true, stable: 'equal', pin: 'right', findings: ['kept', 'kept'] },
  {
    name: 'another digest than asked for',
    first: true,
    stable: 'equal',
    pin: 'wrong',
    findings: ['different', 'different'],
  },
]

const table = KINDS.flatMap(kind => cases.map((row, index) => ({ kind, index, ...row })))

test.each(table)('$kind, $name: $findings', async ({ kind, index, first, stable, later, pin, findings }) => {
  const service = `service-${KINDS.indexOf(kind)}-${index}`
  const repository = `cmswmcore/${service}`
  const { registry } = bench
  const digest = first ? await seed(registry, repository, '2.3.4', { kind }) : undefined
  if (stable === 'different') await seed(registry, repository, '2.3.4-stable', { kind })
  if (stable === 'equal') {
    const manifests = `${registry.url}/v2/${repository}/manifests`
    const type = mediaTypeOf(kind)
    const body = await (await fetch(`${manifests}/2.3.4`, { headers: { Accept: type } })).arrayBuffer()
    const headers = { 'Content-Type': type }
    expect((await fetch(`${manifests}/2.3.4-stable`, { method: 'PUT', headers, body })).status).toBe(201)
  }
  const before = {
    writes: await writesTo(registry, repository),
    tags: await listTags(registry.storage, repository),
  }
  const wanted = pin === undefined ? '' : pin === 'right' ? (digest ?? '') : `sha256:${'0'.repeat(64)}`

  const step = await bench.step({
    tag: '2.3.4',
    with: {
      service,
      command: 'verify',
      digest: wanted,
      stable: later === true ? 'on-promotion' : 'on-release',
    },
  })

  const image = `${registry.host}/${repository}`
  const tags = ['2.3.4', '2.3.4-stable']
  for (const [position, tag] of tags.entries()) {
    const finding = findings[position] ?? 'kept'
    expect(step.log).toMatch(new RegExp(`^  ${tag} +${WORDS[finding]}(:| \\(|$)`, 'm'))
  }
  const wrong = tags.filter((_, position) => /missing|different/.test(findings[position] ?? ''))
  expect(step.exitCode).toBe(wrong.length === 0 ? 0 : 1)
  const errors = step.annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(wrong.length === 0 ? 0 : 1)
  for (const tag of wrong) expect(errors[0]?.message).toContain(`${tag} is `)
  // The result is an output, red or green.
  const result = JSON.parse(step.outputs.json ?? '')
  expect(result.services[0].tags.map(({ outcome }: { outcome: string }) => outcome)).toEqual(findings)
  const withheld = tags.filter((_, position) => findings[position] === 'withheld')
  expect(step.outputs.withheld).toBe(withheld.map(tag => `${image}:${tag}`).join('\n'))
  expect({
    writes: await writesTo(registry, repository),
    tags: await listTags(registry.storage, repository),
  }).toEqual(before)
})
