/**
 * Releases two small services with the committed bundle of the action, on an engine and registries of its own, and shows what
 * became of them. Interrupted, it ends at once, and the keepers of the sandbox clean up.
 */
import { runStep } from '../__tests__/e2e/action.ts'
import type { Registry } from '../sandbox/registry.ts'
import type { InputName } from '../src/action-yml.ts'
import { lookAround } from './look-around.ts'
import { row, say, seconds } from './screen.ts'
import { checkGone, type Stage, setUp } from './stage.ts'

const PROJECT = 'cmswmcore'
const SERVICES = ['hello', 'hello-web'] as const
const BOTH = SERVICES.join(',')
const OPTIONS = {
  '--verbose': 'shows the whole log of every step',
  '--keep': 'keeps the engine and the registries until Ctrl-C, and says how to look around',
  '--help': 'shows these options',
}

const given = process.argv.slice(2)
const unknown = given.filter(option => !Object.hasOwn(OPTIONS, option))

try {
  if (unknown.length > 0)
    throw new Error(`it does not know ${unknown.join(' ')}, only ${Object.keys(OPTIONS).join(', ')}`)
  if (given.includes('--help')) for (const [option, meaning] of Object.entries(OPTIONS)) row(option, meaning)
  else await main()
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  let stage: Stage
  {
    await using stack = new AsyncDisposableStack()
    stage = await setUp(takeDown => stack.defer(takeDown))
    await releaseOne(stage)
    await releaseTogether(stage)
    await showRegistries(stage)
    if (given.includes('--keep')) await lookAround(stage, PROJECT, SERVICES)
  }
  await checkGone(stage)
}

async function releaseOne(stage: Stage): Promise<void> {
  const inputs = { service: SERVICES[0] }
  await runSteps(stage, 'Release of the git tag 2.3.4, a final release', '2.3.4', [inputs])
  await runSteps(stage, 'Release of the git tag 2.3.5rc1, a candidate', '2.3.5rc1', [inputs])
  const before = stage.registry.requests().length
  await runSteps(stage, 'The same release of 2.3.4 again, for the same commit', '2.3.4', [inputs])
  const requests = stage.registry.requests().slice(before)
  const writes = requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length
  if (writes > 0) throw new Error(`the second release of 2.3.4 wrote to the registry, ${writes} times`)
  row('', 'nothing was built, and the registry was only read')
}

async function releaseTogether(stage: Stage): Promise<void> {
  const releases = SERVICES.map(service => ({ service, stable: 'on-promotion' }))
  await runSteps(stage, 'Release of 2.4.0 of two services: the stable tags wait', '2.4.0', releases)
  const promotion = { command: 'promote', service: BOTH }
  await runSteps(stage, 'Promotion of 2.4.0 of both services, in one step', '2.4.0', [promotion])
  await audit(stage)
  const mirrors = `${stage.mirror.host}/mirror/{service}`
  const title = 'The same promotion again, now with a mirror in the other registry'
  await runSteps(stage, title, '2.4.0', [{ ...promotion, mirrors }])
}

interface Tagged {
  readonly tags: readonly { readonly tag: string; readonly outcome: string }[]
}

interface Service extends Tagged {
  readonly service: string
  readonly mirrors: readonly Tagged[]
}

/** Runs steps for a git tag, and says what became of the image tags. */
async function runSteps(stage: Stage, title: string, tag: string, steps: readonly Inputs[]): Promise<void> {
  say(`\n${title}`)
  for (const inputs of steps) {
    const started = performance.now()
    const result = await resultOfStep<{ reason: string; services: Service[] }>(stage, inputs, { tag })
    const took = seconds(started)
    if (steps.length === 1 && result.services.length === 1) row('plan', result.reason)
    for (const { service, tags, mirrors } of result.services) {
      const copies = mirrors.map(mirror => `; in the mirror ${outcomes(mirror)}`)
      row(service, `${outcomes({ tags })}${copies.join('')}; verified in ${took}`)
    }
  }
}

function outcomes({ tags }: Tagged): string {
  return tags.map(({ tag, outcome }) => `${outcome} ${tag}`).join(', ')
}

interface Audited {
  readonly service: string
  readonly versions: readonly { readonly gitTag: string; readonly state: string }[]
}

async function audit(stage: Stage): Promise<void> {
  say('\nAudit of both services')
  const inputs = { command: 'audit', service: BOTH }
  const { services } = await resultOfStep<{ services: Audited[] }>(stage, inputs)
  for (const { service, versions } of services) {
    const published = versions.filter(({ state }) => state !== 'absent')
    row(service, published.map(({ gitTag, state }) => `${gitTag} ${state}`).join(', '))
  }
  row('', 'every version in the registry is as the policy says')
}

type Inputs = Readonly<Partial<Record<InputName, string>>>

/** Runs a step, and gives back its output `json`. */
async function resultOfStep<Json>(
  stage: Stage,
  inputs: Inputs,
  context: { tag?: string } = {},
): Promise<Json> {
  const { env, registry, workspace, commit } = stage
  const { exitCode, log, outputs } = await runStep({
    ...context,
    sha: commit,
    workspace,
    env,
    with: { registry: registry.host, project: PROJECT, 'github-token': '', ...inputs },
  })
  if (given.includes('--verbose') || exitCode !== 0) say(log.trimEnd().replaceAll(/^/gm, '  | '))
  if (exitCode !== 0) throw new Error(`this step ended with status ${exitCode}; its log is above`)
  return JSON.parse(outputs.json ?? '')
}

/** Asks the registries in the plainest way: not by the action's own client, which is what is on show. */
async function showRegistries({ registry, mirror }: Stage): Promise<void> {
  say('\nWhat the registries say, asked without the action')
  for (const service of SERVICES) {
    const image = await showTags(registry, `${PROJECT}/${service}`)
    const copy = await showTags(mirror, `mirror/${service}`)
    for (const [tag, digest] of [...image, ...copy]) {
      const version = tag.replace(/-stable$/, '')
      if (digest === null || [tag, version].some(name => image.get(name) !== digest))
        throw new Error(`${service}:${tag} is not the same image everywhere`)
    }
    if (image.has('2.3.5rc1-stable')) throw new Error('2.3.5rc1 is stable, and must not be')
  }
  say('\nEvery stable tag has the digest of its version, in the mirror too. 2.3.5rc1 is not stable.')
}

/** Shows the tags of a repository, one line for each image. */
async function showTags({ host, url }: Registry, repository: string): Promise<Map<string, string | null>> {
  say(`  ${host}/${repository}`)
  const base = `${url}/v2/${repository}`
  const list = (await (await fetch(`${base}/tags/list`)).json()) as { tags: string[] }
  const digests = new Map<string, string | null>()
  for (const tag of list.tags.toSorted()) {
    const headers = { accept: 'application/vnd.oci.image.index.v1+json' }
    const answer = await fetch(`${base}/manifests/${tag}`, { method: 'HEAD', headers })
    digests.set(tag, answer.headers.get('docker-content-digest'))
  }
  for (const digest of new Set(digests.values())) {
    const tags = list.tags.filter(tag => digests.get(tag) === digest).toSorted()
    say(`    ${tags.join(', ').padEnd(20)} ${digest}`)
  }
  return digests
}
