import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program as it is started for a measurement. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** A file for its standard input; without it, there is nothing to read. */
  readonly input?: string
}

const END = 1_500

/** Runs a program to its end and gives back the milliseconds that it took. One that fails is an error. */
export const time = ({ command, args, env, cwd, input }: Program): Promise<number> =>
  new Promise((resolve, reject) => {
    // A shell opens the file only; it is replaced by the program.
    const [file, ...rest] =
      input === undefined ? [command, ...args] : ['/bin/sh', '-c', 'exec "$@" <"$0"', input, command, ...args]
    const started = performance.now()
    const child = spawn(file, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let tail = ''
    const take = (chunk: Buffer): void => {
      tail = (tail + chunk.toString('latin1')).slice(-END)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject).on('close', code => {
      if (code === 0) resolve(performance.now() - started)
      else reject(new Error(`${command} ${args.join(' ')}: status ${code}\n${tail}`))
    })
  })

/** Runs programs one after the other; gives back the milliseconds of all. */
export const timeAll = async (programs: readonly Program[]): Promise<number> => {
  let sum = 0
  for (const program of programs) sum += await time(program)
  return sum
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new RangeError('nothing was measured')
  return (low + high) / 2
}

/** Two things that were measured in turns, so that what else the machine does disturbs both alike. */
export interface Comparison {
  /** The median of the ratios of the pairs. */
  readonly ratio: number
  /** Medians, in milliseconds. */
  readonly ours: number
  readonly theirs: number
  readonly pairs: number
}

/**
 * Measures pair after pair, every other pair the other way round. The first pair, which warms up caches, does not
 * count. `ours` and `theirs` get the number of the pair and give back milliseconds.
 */
export const compare = async (
  pairs: number,
  ours: (pair: number) => Promise<number>,
  theirs: (pair: number) => Promise<number>,
): Promise<Comparison> => {
  const measured: { ours: number; theirs: number }[] = []
  for (let pair = 0; pair <= pairs; pair += 1) {
    const first = pair % 2 === 0 ? await ours(pair) : await theirs(pair)
    const second = pair % 2 === 0 ? await theirs(pair) : await ours(pair)
    if (pair === 0) continue
    measured.push(pair % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first })
  }
  return {
    ratio: median(measured.map(({ ours, theirs }) => ours / theirs)),
    ours: median(measured.map(({ ours }) => ours)),
    theirs: median(measured.map(({ theirs }) => theirs)),
    pairs,
  }
}

/** Written by a Node program when it ends: the most memory that it ever had, in KiB (getrusage(2), ru_maxrss). */
const SAY_PEAK = `
import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(process.env.PEAK_MEMORY, String(process.resourceUsage().maxRSS)))
`

/** The most memory that a Node program needs, in bytes. */
export const peakMemory = async (program: Program): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'peak-'))
  try {
    const file = join(folder, 'peak')
    const args = ['--import', `data:text/javascript,${encodeURIComponent(SAY_PEAK)}`, ...program.args]
    await time({ ...program, args, env: { ...program.env, PEAK_MEMORY: file } })
    return Number(await readFile(file, 'utf8')) * 1024
  } finally {
    await rm(folder, { recursive: true })
  }
}
