import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { compare, time } from './measure.ts'
import { action } from './programs.ts'

/** The command `plan`, which does next to nothing but start, beside a Node process that does nothing at all. */
export const compareStartUp = async (bench: Bench, pairs: number) => {
  const empty = join(bench.workspace, 'empty.mjs')
  await writeFile(empty, '')
  const plan = action(bench, '2.3.4', { service: 'measured', command: 'plan' })
  return {
    startUp: await compare(
      pairs * 3,
      () => time(plan),
      () => time({ ...plan, args: [empty] }),
    ),
  }
}
