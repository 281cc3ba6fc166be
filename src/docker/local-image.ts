import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker } from './docker.ts'

export interface LocalImage {
  /** The digest of its config, or, with the containerd image store, of its index. */
  readonly id: string
  readonly revision: string | undefined
  readonly digests: Digest[]
}

interface LocalTag {
  readonly reference: string
  readonly stable: boolean
}

/** The engine's one image of all tags. Throws `image-missing`, `stable-image-missing` or `images-differ`. */
export async function requireLocalImage(docker: Docker, [first, ...copies]: readonly LocalTag[]) {
  if (first === undefined) throw new TypeError('no reference')
  const image = await requireUnder(docker, first)
  for (const copy of copies) {
    const other = await requireUnder(docker, copy)
    if (other.id === image.id) continue
    throw new ReleaseError('images-differ', {
      what: `${copy.reference} is ${other.id}, and ${first.reference} is ${image.id}.`,
      remedy: 'Build them again with the command build.',
    })
  }
  return image
}

async function requireUnder(docker: Docker, { reference, stable }: LocalTag) {
  const image = await findLocalImage(docker, reference)
  if (image !== undefined) return image
  throw new ReleaseError(stable ? 'stable-image-missing' : 'image-missing', {
    what: `The engine has no image ${reference}.`,
    remedy: 'Build it first, with the command build and the same inputs.',
  })
}

/** Of exactly this reference. Throws `docker-missing`. */
export async function findLocalImage(docker: Docker, reference: string): Promise<LocalImage | undefined> {
  const { exitCode, stdout } = await docker.run(['image', 'inspect', '--format={{json .}}', reference])
  if (exitCode !== 0) {
    await docker.requireEngine()
    return undefined
  }
  // podman gives a list.
  const image: unknown = [parseJson(stdout)].flat()[0]
  const id = field(image, 'Id')
  if (typeof id !== 'string') throw new TypeError(`docker image inspect gave no Id for ${reference}`)
  const revision = field(image, 'Config', 'Labels', REVISION_LABEL)
  const repository = reference.slice(0, reference.lastIndexOf(':'))
  const digests = Object.values(field(image, 'RepoDigests') ?? [])
    .map(entry => String(entry).split('@'))
    .flatMap(([name, digest]) => (name === repository && isDigest(digest) ? [digest] : []))
  return { id, revision: typeof revision === 'string' ? revision : undefined, digests }
}
