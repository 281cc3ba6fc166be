import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The name of this repository on GitHub. */
export const OWN = 'dmwm/stable-release-action'

/** The repositories that `uses:` in these texts names, each as `owner/name@ref`. */
export const repositoriesIn = (texts: readonly string[]): string[] => {
  const named = texts.flatMap(text =>
    Array.from(
      text.matchAll(/\buses: ([\w.-]+\/[\w.-]+)(?:\/[^@\s]*)?@([^\s#]+)/g),
      ([, name, ref]) => `${name}@${ref}`,
    ),
  )
  return [...new Set(named)].toSorted()
}

/** The reusable workflows of this repository that these texts name, as paths in it. */
export const ownWorkflowsIn = (texts: readonly string[]): string[] => {
  const named = texts.flatMap(text =>
    Array.from(
      text.matchAll(/\buses: ([\w.-]+\/[\w.-]+)\/(\.github\/workflows\/[^@\s]+)@/g),
      ([, name, path]) => (name === OWN && path !== undefined ? [path] : []),
    ).flat(),
  )
  return [...new Set(named)].toSorted()
}

/**
 * Folders in place of repositories on GitHub: `own` for this repository, for the others those of `folder`, named
 * `owner/name@ref` or `owner/name`. One that is in neither is not needed, or act says that it cannot fetch it.
 */
export const findLocally = (
  names: readonly string[],
  { own, folder }: { own: string; folder: string },
): Record<string, string> =>
  Object.fromEntries(
    names.flatMap(name => {
      const repository = name.slice(0, name.indexOf('@'))
      if (repository === OWN) return [[name, own]]
      const found = [name, repository].map(path => join(folder, path)).find(path => existsSync(path))
      return found === undefined ? [] : [[name, found]]
    }),
  )
