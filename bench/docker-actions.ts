/**
 * Measures a release by docker's own actions (login, metadata, build-push), by this action and by one docker command,
 * side by side: `node bench/docker-actions.ts <folder>`. The folder has checkouts of them, `docker/login-action` and so
 * on; a name may end in the version, as in `docker/login-action@v4.1.0`, and is printed. Not part of `npm run bench`.
 *
 * Every step is run as the runner runs it, with its post step. What a real job has besides is left out, in favour of
 * the way with more steps: what the runner needs between two; the way to GitHub, whose answer a server on loopback
 * gives at once; and the build record, which is uploaded to GitHub (`DOCKER_BUILD_SUMMARY`).
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { type Bench, startBench } from '../__tests__/e2e/bench.ts'
import { run } from '../sandbox/command.ts'
import { readTag } from '../sandbox/storage.ts'
import { median, time } from './measure.ts'
import { docker, prepareRunner } from './programs.ts'
import { type PublicAction, readAction, timeStep } from './public-action.ts'

const ROUNDS = 15
const USERNAME = 'robot'

const WAYS = ['this action', "docker's actions", 'one docker command'] as const
type Way = (typeof WAYS)[number]

/** Their repositories in the registry. */
const SERVICES: Readonly<Record<Way, string>> = {
  'this action': 'ours',
  "docker's actions": 'theirs',
  'one docker command': 'floor',
}

const STABLE = String.raw`type=match,pattern=^\d+\.\d+\.\d+(\.\d+)?$,suffix=-stable`

/** Answers what metadata-action asks of a repository. */
const startGitHub = async () => {
  const license = { spdx_id: 'Apache-2.0' }
  const repository = {
    name: 'WMCore',
    html_url: 'https://github.com/dmwm/WMCore',
    license,
    default_branch: 'master',
  }
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(repository))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}

/** The path of one of docker's actions, whose folder may have its version in its name. */
const find = async (folder: string, name: string): Promise<string> => {
  const found = (await readdir(join(folder, 'docker'))).find(entry => entry.split('@')[0] === name)
  if (found === undefined) throw new Error(`${folder} has no docker/${name}`)
  return join(folder, 'docker', found)
}

/** A bench with a login of its own: login-action takes away the one that it makes. */
const loggedIn = async (bench: Bench, password: string): Promise<Bench> => {
  const config = join(bench.workspace, 'logged-in')
  await cp(bench.engine.config, config, { recursive: true })
  const env = { ...bench.env, DOCKER_CONFIG: config }
  const args = ['login', '--username', USERNAME, '--password-stdin', bench.registry.host]
  await run('docker', args, { env, input: password })
  return { ...bench, env }
}

/** The three ways to release a git tag; each gives back milliseconds. */
const waysOf = async (
  bench: Bench,
  folders: readonly string[],
  { api, password }: { api: string; password: string },
) => {
  const { registry, workspace } = bench
  const [login, metadata, buildPush] = await Promise.all(folders.map(readAction))
  if (login === undefined || metadata === undefined || buildPush === undefined)
    throw new Error('an action is missing')
  const own = await readAction(join(import.meta.dirname, '..'))
  const event = join(workspace, 'event.json')
  await writeFile(event, JSON.stringify({ repository: { private: false } }))
  const env = {
    GITHUB_API_URL: api,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: event,
    DOCKER_BUILD_SUMMARY: 'false',
  }
  const step = (gitTag: string, action: PublicAction, inputs: Readonly<Record<string, string>>) =>
    timeStep(bench, { action, gitTag, inputs, env })
  const account = { registry: registry.host, username: USERNAME, password }
  const image = (way: Way): string => `${registry.host}/cmswmcore/${SERVICES[way]}`
  const floor = await loggedIn(bench, password)

  const ways: Readonly<Record<Way, (gitTag: string) => Promise<number>>> = {
    'this action': async gitTag => {
      const service = SERVICES['this action']
      const only = await step(gitTag, own, { ...account, project: 'cmswmcore', service, context: 'service' })
      return only.took + (await only.post())
    },
    "docker's actions": async gitTag => {
      const first = await step(gitTag, login, account)
      const second = await step(gitTag, metadata, {
        images: image("docker's actions"),
        flavor: 'latest=false',
        tags: `type=ref,event=tag\n${STABLE}`,
      })
      const { tags = '', labels = '' } = second.outputs
      const build = { context: 'service', push: 'true', 'build-args': `TAG=${gitTag}`, tags, labels }
      const third = await step(gitTag, buildPush, build)
      // The runner takes post steps the other way round.
      return first.took + second.took + third.took + (await third.post()) + (await first.post())
    },
    'one docker command': gitTag => {
      const name = `${image('one docker command')}:${gitTag}`
      const tags = ['-t', name, '-t', `${name}-stable`]
      return time(
        docker(floor, 'buildx', 'build', '--push', '--build-arg', `TAG=${gitTag}`, ...tags, 'service'),
      )
    },
  }
  return ways
}

/** Both tags of a release, on one image: otherwise something else was measured. */
const check = async ({ storage }: Bench['registry'], way: Way, gitTag: string): Promise<void> => {
  const repository = `cmswmcore/${SERVICES[way]}`
  const tag = await readTag(storage, repository, gitTag)
  const stable = await readTag(storage, repository, `${gitTag}-stable`)
  if (tag === undefined || tag !== stable) throw new Error(`${way}: ${repository}:${gitTag} is not released`)
}

interface Measured {
  /** Milliseconds, a value for every round. */
  readonly took: Readonly<Record<Way, number[]>>
  /** Rounds that failed and do not count: buildx gives up when the registry answers 500 just once. */
  readonly failed: number
}

/** Measures round after round; in each, another way is the first. */
const measure = async (
  bench: Bench,
  ways: Readonly<Record<Way, (gitTag: string) => Promise<number>>>,
): Promise<Measured> => {
  const took: Record<Way, number[]> = { 'this action': [], "docker's actions": [], 'one docker command': [] }
  let failed = 0
  // The first round, which warms up caches, does not count.
  for (let round = 0; took['this action'].length < ROUNDS; round += 1) {
    const first = round % WAYS.length
    const times: [Way, number][] = []
    try {
      for (const way of [...WAYS.slice(first), ...WAYS.slice(0, first)]) {
        times.push([way, await ways[way](`1.0.${round}`)])
        await check(bench.registry, way, `1.0.${round}`)
      }
    } catch (error) {
      failed += 1
      if (failed > ROUNDS / 3) throw error
      continue
    }
    if (round > 0) for (const [way, milliseconds] of times) took[way].push(milliseconds)
  }
  return { took, failed }
}

const besides = (took: Measured['took'], one: Way, other: Way): string => {
  const ratios = took[one]
    .map((value, round) => value / (took[other][round] ?? Number.NaN))
    .toSorted((low, high) => low - high)
  const at = (part: number): string =>
    (ratios[Math.round((ratios.length - 1) * part)] ?? Number.NaN).toFixed(2)
  return `${one} beside ${other}: ${median(ratios).toFixed(2)}; half of the rounds ${at(0.25)} to ${at(0.75)}, all ${at(0)} to ${at(1)}`
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Give the folder that has docker/login-action and the others')
const password = randomBytes(12).toString('hex')
const github = await startGitHub()
const bench = await startBench({ registry: { auth: { kind: 'htpasswd', users: { [USERNAME]: password } } } })
try {
  await prepareRunner(bench)
  const folders = await Promise.all(
    ['login-action', 'metadata-action', 'build-push-action'].map(name => find(folder, name)),
  )
  const before = loadavg()[0] ?? 0
  const { took, failed } = await measure(bench, await waysOf(bench, folders, { api: github.url, password }))
  const { env } = bench
  const engine = await run('docker', ['version', '--format', '{{.Server.Version}}'], { env })
  const buildx = await run('docker', ['buildx', 'version'], { env })
  console.log(
    [
      `${new Date().toISOString().slice(0, 10)}: ${folders.map(path => path.slice(folder.length + 1)).join(', ')}`,
      `Node ${process.version}, docker ${engine.trim()}, ${buildx.trim()}`,
      `${ROUNDS} rounds, ${failed} more failed and do not count; load average ${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`,
      ...WAYS.map(way => `${way}: median ${Math.round(median(took[way]))} ms`),
      besides(took, 'this action', 'one docker command'),
      besides(took, "docker's actions", 'one docker command'),
      besides(took, "docker's actions", 'this action'),
    ].join('\n'),
  )
} finally {
  github.stop()
  await bench.stop()
}
