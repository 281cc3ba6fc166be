/**
 * Measures what the action costs on top of docker, side by side with docker itself: `npm run bench`. The results go
 * to standard output as tables and to bench/results.json; docs/performance.md says what they mean. With `--record`,
 * its tables are replaced too.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { type Bench, startBench } from '../__tests__/e2e/bench.ts'
import { measureAudits } from './audits.ts'
import { measureFootprint } from './footprint.ts'
import { measureLookups } from './lookups.ts'
import { prepareRunner } from './programs.ts'
import { comparePromotions } from './promotions.ts'
import { compareReleases } from './releases.ts'
import { compareStartUp } from './start-up.ts'
import { type Results, tablesOf } from './table.ts'

const PAIRS = 7

const DOCUMENT = join(import.meta.dirname, '../docs/performance.md')
const RESULTS = join(import.meta.dirname, 'results.json')

const load = (): number => loadavg()[0] ?? 0

const say = (what: string): void => {
  process.stderr.write(`${what} …\n`)
}

const measure = async (bench: Bench): Promise<Results> => {
  const before = load()
  say('processes, requests and memory')
  const footprint = await measureFootprint(bench)
  say('start-up')
  const startUp = await compareStartUp(bench, PAIRS)
  say('releases')
  const releases = await compareReleases(bench, PAIRS)
  say('promotions, which needs about 4 GB of disk for a while')
  const promotions = await comparePromotions(bench, PAIRS)
  say('explain and moving tags')
  const lookups = await measureLookups(bench, PAIRS)
  say('audits')
  const audits = await measureAudits(bench, PAIRS)
  const [processor] = cpus()
  return {
    machine: {
      cores: cpus().length,
      processor: processor?.model.trim() ?? 'an unknown processor',
      memory: totalmem(),
      node: process.version,
      load: [before, load()],
    },
    ...releases,
    ...promotions,
    ...startUp,
    ...lookups,
    ...audits,
    ...footprint,
  }
}

const record = async (tables: string): Promise<void> => {
  const text = await readFile(DOCUMENT, 'utf8')
  const marked = /(<!-- results -->\n)[\s\S]*?(\n<!-- end of results -->)/
  if (!marked.test(text)) throw new Error(`${DOCUMENT} has no place for the results`)
  await writeFile(
    DOCUMENT,
    text.replace(marked, (_, start, end) => `${start}\n${tables}\n${end}`),
  )
}

const bench = await startBench()
try {
  await prepareRunner(bench)
  const results = await measure(bench)
  await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  const tables = tablesOf(results)
  console.log(tables)
  if (process.argv.includes('--record')) await record(tables)
} finally {
  await bench.stop()
}
