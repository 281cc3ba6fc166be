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
export async function compare(
  pairs: number,
  ours: (pair: number) => Promise<number>,
  theirs: (pair: number) => Promise<number>,
): Promise<Comparison> {
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

/** Of an odd number of values. */
function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN
}

/** Runs a program to its end and gives back the milliseconds that it took. One that fails is an error. */
export function time({ command, args, env, cwd }: Program): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('latin1')
      })
    }
    child.on('error', reject).on('close', code => {
      if (code === 0) resolve(performance.now() - started)
      else reject(new Error(`${command} ${args.join(' ')}: status ${code}\n${output.slice(-1500)}`))
    })
  })
}

/** Runs programs one after the other; gives back the milliseconds of all. */
export async function timeAll(programs: readonly Program[]): Promise<number> {
  let sum = 0
  for (const program of programs) sum += await time(program)
  return sum
}

/** The most memory that a Node program ever has, in bytes (getrusage(2), ru_maxrss). */
export async function peakMemory(program: Program): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'peak-'))
  try {
    const file = join(folder, 'peak')
    const atExit = `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(process.env.PEAK_MEMORY, String(process.resourceUsage().maxRSS)))`
    const args = ['--import', `data:text/javascript,${encodeURIComponent(atExit)}`, ...program.args]
    await time({ ...program, args, env: { ...program.env, PEAK_MEMORY: file } })
    return Number(await readFile(file, 'utf8')) * 1024
  } finally {
    await rm(folder, { recursive: true })
  }
}
