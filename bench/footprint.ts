import { stat } from 'node:fs/promises'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { COUNTED, type Counted, countRuns } from '../__tests__/e2e/counts.ts'
import { peakMemory } from './measure.ts'
import { action, bundles } from './programs.ts'

export interface Footprint {
  readonly docker: number
  readonly requests: number
  /** Bytes. */
  readonly memory: number
}

const memoryOf = async (bench: Bench): Promise<Record<Counted, number>> => {
  const run = (command: string, stable = 'on-release') =>
    peakMemory(action(bench, '2.3.4', { service: 'weighed', command, stable }))
  const plan = await run('plan')
  const later = await run('release', 'on-promotion')
  const promote = await run('promote')
  const again = await run('release')
  const verify = await run('verify')
  const built = (command: string) => peakMemory(action(bench, '2.3.5', { service: 'weighed', command }))
  const build = await built('build')
  const push = await built('push')
  return { plan, release: later, promote, 'release again': again, verify, build, push }
}

/** What each command costs beside time, and the bytes of the bundles. */
export const measureFootprint = async (bench: Bench) => {
  const counts = await countRuns(bench, 'counted')
  const memory = await memoryOf(bench)
  const commands = Object.fromEntries(
    COUNTED.map(name => {
      const { docker, requests } = counts[name]
      return [name, { docker: docker.length, requests: requests.length, memory: memory[name] }] as const
    }),
  ) as Record<Counted, Footprint>
  const sizeOf = async (file: string) => (await stat(file)).size
  return {
    commands,
    bundles: { action: await sizeOf(bundles.action), cli: await sizeOf(bundles.cli) },
  }
}
