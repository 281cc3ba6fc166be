import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { seed } from '../__tests__/e2e/seed.ts'
import { decide } from '../src/policy/decide.ts'
import { decideMove } from '../src/policy/moving.ts'
import { parsePolicy } from '../src/policy/notation.ts'
import { compare, median, type Program, peakMemory, time } from './measure.ts'
import { action, bundles } from './programs.ts'

const POLICY = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'

/** `count` versions, from 0.0.0 on. */
const versions = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${Math.floor(n / 1000)}.${Math.floor(n / 100) % 10}.${n % 100}`)

/** What the moving tags of a release do, decided in this process; milliseconds. */
const decideInMemory = (published: readonly string[], times: number): number => {
  const parsed = parsePolicy(POLICY)
  if (parsed.kind !== 'policy') throw new Error('the policy of the benchmark has mistakes')
  const { policy } = parsed
  const gitTag = '5.5.5'
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  const moving = decision.copies.filter(copy => copy.moving)
  const took = Array.from({ length: times }, () => {
    const started = performance.now()
    for (const planned of moving) decideMove(policy, { gitTag, planned, published })
    return performance.now() - started
  })
  return median(took)
}

/** The command `explain` with 100,000 git tags on its standard input. */
const explain = async ({ env, workspace }: Bench, pairs: number) => {
  const input = join(workspace, 'tags')
  await writeFile(input, versions(100_000).join('\n'))
  const program: Program = {
    command: process.execPath,
    args: [bundles.cli, 'explain'],
    env,
    cwd: workspace,
    input,
  }
  const took: number[] = []
  for (let run = 0; run < pairs; run += 1) took.push(await time(program))
  return { explain: median(took), explainMemory: await peakMemory(program) }
}

/** `verify`, which decides about moving tags too, where the registry has 10,000 tags, and where it has four. */
const moving = async (bench: Bench, pairs: number) => {
  const { registry } = bench
  const published = versions(10_000)
  const tags = ['5.5.5', '5.5.5-stable', '5.5', 'latest']
  for (const service of ['few', 'many']) {
    await seed(registry, `cmswmcore/${service}`, '5.5.5')
    const folder = join(
      registry.storage,
      'docker/registry/v2/repositories/cmswmcore',
      service,
      '_manifests/tags',
    )
    const all = service === 'few' ? tags : [...tags, ...published]
    for (const tag of all) {
      if (tag !== '5.5.5') await cp(join(folder, '5.5.5'), join(folder, tag), { recursive: true })
    }
  }
  const verify = (service: string) =>
    time(action(bench, '5.5.5', { service, command: 'verify', policy: POLICY }))
  return {
    movingMany: await compare(
      pairs,
      () => verify('many'),
      () => verify('few'),
    ),
    decideMany: decideInMemory(published, pairs),
  }
}

export const measureLookups = async (bench: Bench, pairs: number) => ({
  ...(await explain(bench, pairs)),
  ...(await moving(bench, pairs)),
})
