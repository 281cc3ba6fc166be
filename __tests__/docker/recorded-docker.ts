import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { Docker, type DockerResult } from '../../src/docker/docker.ts'
import { tellingLine } from '../../src/docker/output.ts'
import type { Log } from '../../src/log.ts'
import { type Kind, seed } from '../e2e/seed.ts'

/** What docker says to one call; without more, that it succeeded. Killed by a signal, it has no exit status. */
export type DockerAnswer = Partial<Omit<DockerResult, 'lastLine'>>

/** The docker command with prepared answers in place of an engine. */
export class RecordedDocker extends Docker {
  readonly #answerTo: (args: readonly string[]) => Promise<DockerAnswer>

  constructor(answerTo: (args: readonly string[]) => Promise<DockerAnswer>, log: Log) {
    super({ env: {}, log, signal: new AbortController().signal, cwd: '.' })
    this.#answerTo = answerTo
  }

  override with(): Docker {
    return this
  }

  override async run(args: readonly string[]): Promise<DockerResult> {
    const answer = await this.#answerTo(args)
    const { stdout = '', tail = stdout } = answer
    return { exitCode: 0, ...answer, stdout, tail, lastLine: tellingLine(tail) }
  }
}

/** How the next build or push goes. */
export interface NextTry {
  /** What it says when it fails; without it, it succeeds. */
  readonly says?: string
  /** The signal that kills it then. */
  readonly killedBy?: NodeJS.Signals
  /** Whether it writes down what it pushed; without that, it does if it succeeds. */
  readonly describes?: boolean
  /** Whether the image gets to the registry although it fails. */
  readonly arrives?: boolean
  /** What kind of image it is. */
  readonly kind?: Kind
  /** What happens in the meantime. */
  readonly meanwhile?: () => unknown
}

export type ModelEngine = ReturnType<typeof modelEngine>

/** An engine that builds an image of nothing, and pushes it to a registry. Both are added to `events`, as `build 2.3.4`. */
export function modelEngine(url: string, events: string[]) {
  /** The images that it has, by reference. */
  const images = new Map<string, { id: string; labels: Record<string, string>; digests: string[] }>()
  /** How the next builds and pushes go, one after another; then they succeed. */
  const tries: NextTry[] = []

  /** Gets an image to the registry, or fails, as prepared. */
  async function send(verb: 'build' | 'push', reference: string, labels: Record<string, string>) {
    const { repository, path, tag } = partsOf(reference)
    events.push(`${verb} ${tag}`)
    const { says, killedBy, kind = 'OCI manifest', meanwhile, ...next } = tries.shift() ?? {}
    const { arrives = says === undefined, describes = says === undefined } = next
    const digest = arrives ? await seed({ url }, path, tag, { kind, labels }) : ''
    await meanwhile?.()
    const exitCode = killedBy === undefined ? 1 : undefined
    const answer: DockerAnswer = says === undefined ? {} : { exitCode, tail: says }
    return { digest, named: digest === '' ? [] : [`${repository}@${digest}`], describes, answer }
  }

  async function build(args: readonly string[]): Promise<DockerAnswer> {
    const references = valuesOf(args, 'tag')
    const labels = Object.fromEntries(valuesOf(args, 'label').map(label => label.split(/=(.*)/s)))
    if (args.includes('--push')) {
      const { digest, describes, answer } = await send('build', references[0] ?? '', labels)
      const metadata = JSON.stringify({ 'containerimage.descriptor': { digest } })
      if (describes) await writeFile(valuesOf(args, 'metadata-file')[0] ?? '', metadata)
      return answer
    }
    const image = { id: `sha256:${randomUUID()}`, labels, digests: [] }
    for (const reference of references) {
      images.set(reference, image)
      events.push(`build ${partsOf(reference).tag}`)
    }
    return {}
  }

  async function answerTo(args: readonly string[]): Promise<DockerAnswer> {
    const [call, reference = ''] = [args.slice(0, 2).join(' '), args.at(-1)]
    if (call === '--version' || args[0] === 'version') return { stdout: 'Docker version 29.0.0' }
    if (call === 'buildx build') return build(args)
    const image = images.get(reference)
    if (image === undefined) return { exitCode: 1, tail: `No such image: ${reference}` }
    if (call === 'image inspect') {
      const { id, labels, digests } = image
      return { stdout: JSON.stringify({ Id: id, Config: { Labels: labels }, RepoDigests: digests }) }
    }
    const { named, answer } = await send('push', reference, image.labels)
    image.digests.push(...named)
    return answer
  }
  return { images, tries, answerTo }
}

function valuesOf(args: readonly string[], name: string): string[] {
  return args.filter(arg => arg.startsWith(`--${name}=`)).map(arg => arg.slice(name.length + 3))
}

function partsOf(reference: string): { repository: string; path: string; tag: string } {
  const [, repository = '', path = '', tag = ''] = /^([^/]+\/(.+)):([^:]+)$/.exec(reference) ?? []
  return { repository, path, tag }
}
