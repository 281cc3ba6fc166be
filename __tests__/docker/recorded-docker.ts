import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { Docker, type DockerResult } from '../../src/docker/docker.ts'
import { tellingLine } from '../../src/docker/failures.ts'
import type { Log } from '../../src/log.ts'
import { type Kind, seed } from '../e2e/seed.ts'

/** What docker says to one call; without an exit status, that it succeeded. */
export interface DockerAnswer {
  readonly exitCode?: number
  /** The signal that killed it, in place of an exit status. */
  readonly killedBy?: NodeJS.Signals
  readonly stdout?: string
  /** The end of its output. */
  readonly tail?: string
  /** Whether it did nothing, as it does not know what it was asked for. */
  readonly isRefused?: boolean
}

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
    const {
      exitCode = 0,
      killedBy,
      stdout = '',
      tail = stdout,
      isRefused = false,
    } = await this.#answerTo(args)
    const end = { exitCode: killedBy === undefined ? exitCode : undefined, killedBy }
    return { ...end, stdout, tail, lastLine: tellingLine(tail), isRefused }
  }
}

interface LocalImage {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly digests: string[]
}

/** How the next build or push goes. */
export interface NextTry {
  /** What it says when it fails; without it, it succeeds. */
  readonly says?: string
  /** The signal that kills it, when it has said that. */
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

/** An engine that builds an image of nothing, and pushes it to a registry. */
export interface ModelEngine {
  /** The images that it has, by reference. */
  readonly images: ReadonlyMap<string, LocalImage>
  /** How the next builds and pushes go, one after another; then they succeed. */
  readonly tries: NextTry[]
  answerTo(args: readonly string[]): Promise<DockerAnswer>
}

const optionsOf = (args: readonly string[], name: string): string[] =>
  args.filter(arg => arg.startsWith(`--${name}=`)).map(arg => arg.slice(name.length + 3))

const labelsIn = (args: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    optionsOf(args, 'label').map(label => {
      const equals = label.indexOf('=')
      return [label.slice(0, equals), label.slice(equals + 1)]
    }),
  )

/** Builds and pushes are added to `events`, as `build 2.3.4` and `push 2.3.4`. */
export const modelEngine = (url: string, events: string[]): ModelEngine => {
  const images = new Map<string, LocalImage>()
  const tries: NextTry[] = []

  const partsOf = (reference: string): { repository: string; tag: string } => {
    const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:]+)$/.exec(reference) ?? []
    return { repository, tag }
  }

  /** Gets an image to the registry, or fails, as prepared. */
  const send = async (
    verb: 'build' | 'push',
    reference: string,
    labels: LocalImage['labels'],
  ): Promise<{ digest: string; describes: boolean; answer: DockerAnswer }> => {
    const { repository, tag } = partsOf(reference)
    events.push(`${verb} ${tag}`)
    const {
      says,
      killedBy,
      arrives = says === undefined,
      describes = says === undefined,
      kind = 'OCI manifest',
      meanwhile,
    } = tries.shift() ?? {}
    const digest = arrives ? await seed({ url }, repository, tag, { kind, labels }) : ''
    await meanwhile?.()
    const end = killedBy === undefined ? { exitCode: 1 } : { killedBy }
    return { digest, describes, answer: says === undefined ? {} : { ...end, tail: says } }
  }

  const build = async (args: readonly string[]): Promise<DockerAnswer> => {
    const references = optionsOf(args, 'tag')
    const labels = labelsIn(args)
    if (!args.includes('--push')) {
      const image = { id: `sha256:${randomUUID()}`, labels, digests: [] }
      for (const reference of references) {
        images.set(reference, image)
        events.push(`build ${partsOf(reference).tag}`)
      }
      return {}
    }
    const { digest, describes, answer } = await send('build', references[0] ?? '', labels)
    const [file = ''] = optionsOf(args, 'metadata-file')
    if (describes) {
      await writeFile(file, JSON.stringify({ 'containerimage.descriptor': { digest } }))
    }
    return answer
  }

  const push = async (reference: string): Promise<DockerAnswer> => {
    const image = images.get(reference)
    if (image === undefined) return { exitCode: 1, tail: 'An image does not exist locally' }
    const { digest, answer } = await send('push', reference, image.labels)
    if (digest !== '') image.digests.push(`${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`)
    return answer
  }

  const inspect = (reference: string, format: string): DockerAnswer => {
    const image = images.get(reference)
    if (image === undefined) return { exitCode: 1, tail: `No such image: ${reference}` }
    const { id, labels, digests } = image
    const whole = { Id: id, Config: { Labels: labels }, RepoDigests: digests }
    return { stdout: JSON.stringify(format.includes('RepoDigests') ? digests : whole) }
  }

  const answerTo = async (args: readonly string[]): Promise<DockerAnswer> => {
    const [command = '', verb = ''] = args
    if (command === '--version') return { stdout: 'Docker version 29.0.0' }
    if (command === 'version') return { stdout: '29.0.0' }
    if (command === 'buildx' && verb === 'version') return { stdout: 'github.com/docker/buildx v0.30.0' }
    if (command === 'buildx' && verb === 'build') return build(args)
    if (command === 'push') return push(verb)
    if (command === 'image' && verb === 'inspect') return inspect(args.at(-1) ?? '', args.join(' '))
    throw new Error(`no answer is prepared for docker ${args.join(' ')}`)
  }
  return { images, tries, answerTo }
}
