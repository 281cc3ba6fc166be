import { run } from './command.ts'
import type { Engine } from './engine.ts'

interface LocalImage {
  ID: string
  Repository: string
  Tag: string
}

/**
 * Removes the images of all repositories that begin with `prefix` from an engine, and no other. The same bytes may
 * have other names there: those keep them.
 */
export const removeImages = async ({ env }: Engine, prefix: string): Promise<void> => {
  const listing = await run('docker', ['image', 'ls', '--format', '{{json .}}'], { env })
  const images = listing
    .split('\n')
    .filter(Boolean)
    .map((line): LocalImage => JSON.parse(line))
  const ours = images.filter(({ Repository }) => Repository.startsWith(prefix))
  const names = ours.map(({ ID, Repository, Tag }) => (Tag === '<none>' ? ID : `${Repository}:${Tag}`))
  if (names.length > 0) await run('docker', ['image', 'rm', ...new Set(names)], { env })
}
