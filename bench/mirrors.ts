import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMIT } from '../__tests__/e2e/action.ts'
import type { Bench } from '../__tests__/e2e/bench.ts'
import { run } from '../sandbox/command.ts'
import { startRegistry } from '../sandbox/registry.ts'
import { installSkopeo } from '../sandbox/skopeo.ts'
import { compare, time } from './measure.ts'
import { action, docker } from './programs.ts'

/** What one mirror adds to a release of 100 MB, by the stages of the log, beside a copy by skopeo alone. */
export async function compareMirrors(bench: Bench, pairs: number) {
  const { bin, env } = await installSkopeo(bench.workspace)
  const withSkopeo = { ...bench, env: { ...bench.env, ...env, PATH: `${bin}:${bench.env.PATH}` } }
  const other = await startRegistry()
  const image = `${bench.registry.host}/cmswmcore/mirrored:tested`
  const folder = join(bench.workspace, 'mirrored')
  await mkdir(folder)
  await writeFile(join(folder, 'random'), randomBytes(100e6))
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY random /random\n')
  const label = `--label=org.opencontainers.image.revision=${COMMIT}`
  await time(docker(bench, 'buildx', 'build', '--push', label, '-t', image, 'mirrored'))
  const inputs = { service: 'mirrored', context: '.', 'source-image': image }
  await time(action(bench, '1.0.0', inputs))

  const ours = async (pair: number) => {
    const mirrors = `${other.host}/ours/mirrored-${pair}`
    const { command, args, cwd = '', env } = action(withSkopeo, '1.0.0', { ...inputs, mirrors })
    const log = await run(command, args, { cwd, env })
    const stages = [...log.matchAll(/^✓ .*\/ours\/.* \(([0-9.]+) (m?s)\)$/gm)]
    return stages.reduce((sum, [, took, unit]) => sum + Number(took) * (unit === 's' ? 1_000 : 1), 0)
  }
  const theirs = (pair: number) => {
    const to = `docker://${other.host}/theirs/mirrored-${pair}:1.0.0`
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false']
    const args = ['copy', '--all', '--preserve-digests', ...tls, `docker://${image}`, to]
    return time({ command: join(bin, 'skopeo'), args, env: withSkopeo.env })
  }
  try {
    return await compare(pairs, ours, theirs)
  } finally {
    await other.stop()
  }
}
