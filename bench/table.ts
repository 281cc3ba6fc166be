import type { Footprint } from './footprint.ts'
import type { Comparison } from './measure.ts'

/** All that the benchmark finds out. Times in milliseconds, sizes in bytes. */
export interface Results {
  readonly machine: {
    readonly cores: number
    readonly processor: string
    readonly memory: number
    readonly node: string
    /** The load averages of a minute, before and after. */
    readonly load: readonly [number, number]
  }
  readonly release: Comparison
  readonly again: Comparison
  readonly besideTwoBuilds: Comparison
  readonly besideImagetools: Comparison
  readonly promoteSmall: Comparison
  readonly promoteLarge: Comparison
  readonly promoteLargeBesidesSmall: Comparison
  readonly promoteMany: Comparison
  readonly startUp: Comparison
  readonly movingMany: Comparison
  readonly audit: Comparison
  readonly auditGrowth: Comparison
  readonly auditMemory: number
  readonly decideMany: number
  readonly explain: number
  readonly explainMemory: number
  readonly commands: Readonly<Record<string, Footprint>>
  readonly bundles: Readonly<Record<'action' | 'cli', number>>
}

const duration = (milliseconds: number): string =>
  milliseconds < 10
    ? `${milliseconds.toFixed(1)} ms`
    : milliseconds < 9_950
      ? `${Math.round(milliseconds)} ms`
      : `${(milliseconds / 1000).toFixed(1)} s`

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`

const factor = (ratio: number): string => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2))

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const verdict = (value: number, limit: number): string => (value <= limit ? 'yes' : '**no**')

/** The results as Markdown. */
export const tablesOf = (results: Results): string => {
  const compared = (
    what: string,
    { ratio, ours, theirs, pairs }: Comparison,
    theirName: string,
    limit?: number,
  ): string =>
    row(
      what,
      factor(ratio),
      limit === undefined ? '' : `≤ ${limit}`,
      limit === undefined ? '' : verdict(ratio, limit),
      duration(ours),
      `${duration(theirs)}, ${theirName}`,
      String(pairs),
    )
  const { machine, commands, bundles } = results
  const load = machine.load.map(value => value.toFixed(1)).join(' before, ')
  const bundle = (name: string, size: number, limit: number): string =>
    row(`the bundle of ${name}`, megabytes(size), megabytes(limit), verdict(size, limit))
  return [
    `${machine.cores} cores of ${machine.processor}, ${Math.round(machine.memory / 2 ** 30)} GiB, Node ${machine.node}; load average ${load} after.`,
    '',
    '| what | ratio | target | met | median | median of what it is compared with | pairs |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    compared('`release` of a final tag', results.release, 'the floor', 1.25),
    compared('`release` again, all is published', results.again, 'the floor', 0.5),
    compared('`release` beside two builds', results.besideTwoBuilds, 'build, push, build, push'),
    compared(
      '`release` beside a copy by buildx',
      results.besideImagetools,
      'build and push, `imagetools create`',
    ),
    compared('`promote`, image of 1 MB', results.promoteSmall, 'pull, tag, push'),
    compared('`promote`, image of 1 GB', results.promoteLarge, 'pull, tag, push'),
    compared('`promote`, 1 GB beside 1 MB', results.promoteLargeBesidesSmall, '1 MB', 1.1),
    compared('`promote`, 11 services beside 1', results.promoteMany, '1 service', 2.5),
    compared('start: `plan`', results.startUp, 'an empty Node process', 2),
    compared('`verify` with moving tags, 10,000 tags beside 4', results.movingMany, '4 tags'),
    compared('`audit`, 10 services of 200 versions', results.audit, 'a loop of `skopeo inspect --raw`', 0.2),
    compared('`audit`, 2,000 versions beside 200', results.auditGrowth, '200 versions', 11),
    '',
    '| what | median |',
    '| --- | --- |',
    row('where two moving tags go among 10,000, decided in memory', duration(results.decideMany)),
    row('`explain` of 100,000 git tags, from start to end', duration(results.explain)),
    '',
    '| run | processes of docker | requests to the registry | peak memory |',
    '| --- | --- | --- | --- |',
    ...Object.entries(commands).map(([name, { docker, requests, memory }]) =>
      row(name, String(docker), String(requests), megabytes(memory)),
    ),
    row('explain of 100,000 git tags', '0', '0', megabytes(results.explainMemory)),
    row('audit of 10 services of 200 versions', '0', '', megabytes(results.auditMemory)),
    '',
    '| what | size | limit | met |',
    '| --- | --- | --- | --- |',
    bundle('the action', bundles.action, 250_000),
    bundle('the command line', bundles.cli, 500_000),
    row(
      'the memory of an audit',
      megabytes(results.auditMemory),
      megabytes(120_000_000),
      verdict(results.auditMemory, 120_000_000),
    ),
  ].join('\n')
}
