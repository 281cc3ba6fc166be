import { afterEach, beforeEach, expect, test } from 'vitest'
import { refused } from '../registry/model-registry.ts'
import { type CommandBench, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const SERVICES = ['reqmgr2', 'reqmon', 'wmagent']

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const publish = async (service: string): Promise<string> => {
  const digest = await bench.seed(TAG, {}, service)
  bench.registry.copyTag(`cmswmcore/${service}`, TAG, STABLE)
  return digest
}
const verify = (service = SERVICES.join(',')) => bench.run({ command: 'verify', service })

test('all are as planned, by HEAD alone', async () => {
  const digests = await Promise.all(SERVICES.map(publish))
  const { error, services } = await verify()
  expect(error).toBeUndefined()
  expect(services?.map(({ digest }) => digest)).toEqual(digests)
  expect(bench.events.filter(event => !event.startsWith('HEAD'))).toEqual([])
})

test('one that is not as planned makes it red, and all are reported', async () => {
  for (const service of SERVICES) await publish(service)
  bench.registry.deleteTag('cmswmcore/reqmon', STABLE)
  const { error, services } = await verify()
  expect(error).toMatchObject({
    name: 'not-as-planned',
    message: expect.stringMatching(/Of 3 services, 1 .*\n- [^ ]*reqmon: 2\.3\.4-stable is missing/),
  })
  expect(services?.map(({ tags }) => tags[1]?.outcome)).toEqual(['kept', 'missing', 'kept'])
})

test('one that can not be read makes it red, and hides nothing of the others', async () => {
  for (const service of SERVICES) await publish(service)
  // The requests of all services go to this tag: one of them is refused.
  bench.registry.answer(`HEAD ${STABLE}`, refused(403, 'DENIED'), 1)
  const { error, services } = await verify()
  expect(error).toMatchObject({ name: 'registry-denied' })
  expect(services?.filter(({ problem }) => problem !== undefined)).toHaveLength(1)
  expect(services?.flatMap(({ tags }) => tags.map(({ outcome }) => outcome)).toSorted()).toEqual([
    ...Array(4).fill('kept'),
    'planned',
    'planned',
  ])
})

test('a digest that is given for one of them must be its own', async () => {
  const [first] = await Promise.all(SERVICES.map(publish))
  const { error } = await verify(`reqmgr2@${first}, reqmon@sha256:${'0'.repeat(64)}`)
  expect(error).toMatchObject({ message: expect.stringContaining('reqmon: 2.3.4 is different') })
})
