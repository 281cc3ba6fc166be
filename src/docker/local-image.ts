import type { Docker } from './docker.ts'

/** An image that the engine has under a reference. */
export interface LocalImage {
  /** The digest of its config, or of its index with the containerd image store. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/**
 * The image that the engine has under exactly this reference, or nothing. Throws `docker-missing` when the
 * engine does not answer.
 */
export const findLocalImage = async (docker: Docker, reference: string): Promise<LocalImage | undefined> => {
  const { exitCode, stdout } = await docker.run(['image', 'inspect', '--format={{json .}}', reference])
  if (exitCode !== 0) {
    await docker.requireEngine()
    return undefined
  }
  const image: unknown = JSON.parse(stdout)
  const id = field(image, 'Id')
  const labels = field(field(image, 'Config'), 'Labels')
  if (typeof id !== 'string') throw new TypeError(`docker image inspect gave no Id for ${reference}`)
  const entries = typeof labels === 'object' && labels !== null ? Object.entries(labels) : []
  return { id, labels: Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')) }
}
