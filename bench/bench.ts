/**
 * Measures what the action costs on top of docker, side by side with docker itself: `npm run bench`. The results go to
 * standard output as tables; docs/performance.md says what they mean. With `--record`, its tables are replaced, too.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { startBench } from '../__tests__/e2e/bench.ts'
import { countRuns } from '../__tests__/e2e/counts.ts'
import { prepareAudits } from './audits.ts'
import { type Comparison, compare, peakMemory, time } from './measure.ts'
import { compareMirrors } from './mirrors.ts'
import { action, prepareRunner } from './programs.ts'
import { comparePromotions } from './promotions.ts'
import { compareReleases } from './releases.ts'

const PAIRS = 7
const DOCUMENT = join(import.meta.dirname, '../docs/performance.md')

const bench = await startBench()
try {
  await prepareRunner(bench)
  const tables = await measure()
  console.log(tables)
  if (process.argv.includes('--record')) await record(tables)
} finally {
  await bench.stop()
}

/** The results as Markdown. */
async function measure(): Promise<string> {
  const before = load()
  say('processes and requests')
  const counts = await countRuns(bench, 'counted')
  say('start')
  const empty = join(bench.workspace, 'empty.mjs')
  await writeFile(empty, '')
  const plan = action(bench, '2.3.4', { service: 'measured', command: 'plan' })
  const start = await compare(
    PAIRS * 3,
    () => time(plan),
    () => time({ ...plan, args: [empty] }),
  )
  say('releases')
  const { release, again, twoBuilds, brought } = await compareReleases(bench, PAIRS)
  say('mirrors')
  const mirror = await compareMirrors(bench, PAIRS)
  say('promotions, which needs about 3 GB of disk for a while')
  const { large, many } = await comparePromotions(bench, PAIRS * 2 + 1)
  say('audits')
  const { audit, newest, used, inspectAll } = await prepareAudits(bench)
  const audits = await compare(PAIRS, () => time(audit), inspectAll)
  const uses = await compare(
    PAIRS,
    () => time(used),
    () => time(newest),
  )
  const memory = await peakMemory(audit)
  const [processor] = cpus()
  return [
    `${cpus().length} cores of ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; load average ${before} before, ${load()} after.`,
    '',
    '| what | ratio | target | met | median | median of what it is compared with | pairs |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    compared('`release` of a final tag', release, 'the floor', 1.35),
    compared('`release` again, all is published', again, 'the floor'),
    compared('`release` beside two builds', twoBuilds, 'build, push, build, push'),
    compared('`release` by `source-image`, same repository', brought, 'the floor', 0.5),
    compared('the stages of one mirror, 100 MB', mirror, '`skopeo copy`', 1.3),
    compared('`promote`, 1 GB beside 1 MB', large, '1 MB', 1.1),
    compared('`promote`, 11 services beside 1', many, '1 service', 2.5),
    compared('start: `plan`', start, 'an empty Node process', 4),
    compared('`audit`, 10 services of 200 versions', audits, 'a loop of `skopeo inspect --raw`', 0.2),
    compared('`audit` of the newest with `used`, 2,000 files', uses, 'the same without `used`'),
    '',
    `What \`used\` adds: ${duration(uses.ours - uses.theirs)}; target ≤ 1 s, met: ${verdict(uses.ours - uses.theirs, 1000)}.`,
    `The most memory of this audit: ${Math.round(memory / 1e6)} MB; target ≤ 200 MB, met: ${verdict(memory, 2e8)}.`,
    '',
    '| run | processes of docker | requests to the registry |',
    '| --- | --- | --- |',
    ...Object.entries(counts).map(
      ([name, { docker, requests }]) => `| ${name} | ${docker.length} | ${requests.length} |`,
    ),
  ].join('\n')
}

function compared(
  what: string,
  { ratio, ours, theirs, pairs }: Comparison,
  theirName: string,
  limit?: number,
): string {
  const target = limit === undefined ? ['', ''] : [`≤ ${limit}`, verdict(ratio, limit)]
  const cells = [
    what,
    ratio.toPrecision(3),
    ...target,
    duration(ours),
    `${duration(theirs)}, ${theirName}`,
    pairs,
  ]
  return `| ${cells.join(' | ')} |`
}

function verdict(value: number, limit: number): string {
  return value <= limit ? 'yes' : '**no**'
}

function duration(milliseconds: number): string {
  return milliseconds < 9_950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

function say(what: string): void {
  process.stderr.write(`${what} …\n`)
}

async function record(tables: string): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8')
  const marked = /(?<=<!-- results -->\n)[\s\S]*?(?=\n<!-- end of results -->)/
  if (!marked.test(text)) throw new Error(`${DOCUMENT} has no place for the results`)
  await writeFile(
    DOCUMENT,
    text.replace(marked, () => `\n${tables}\n`),
  )
}
