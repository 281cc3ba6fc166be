import * as pep440 from '@renovatebot/pep440'

/** A project on a package index, at one version. */
export interface Package {
  /** As it was given, for messages. */
  readonly name: string
  /** The version in the normal form of PEP 440, such as `2.3.5rc1`. */
  readonly version: string
}

/** The name by which an index knows a project: PEP 503, "Normalized Names". */
export const normaliseName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

/** Whether `name` can be the name of a project: PEP 508, "Names". */
export const isProjectName = (name: string): boolean => /^[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?$/i.test(name)

/** The version in its normal form, or nothing if it is no version of PEP 440. */
export const normaliseVersion = (version: string): string | undefined => pep440.clean(version) ?? undefined

/** Whether two versions are the same by PEP 440, which does not mind zeros at the end. */
export const isSameVersion = (one: string, other: string): boolean => pep440.eq(one, other)

/** The newest versions, newest first. */
export const newestVersions = (versions: Iterable<string>, count: number): string[] =>
  [...new Set(versions)].sort(pep440.rcompare).slice(0, count)

const SDIST = /^(?<name>.+)-(?<version>[^-]+)\.(?:tar\.gz|tar\.bz2|tar\.xz|tgz|zip)$/
const WHEEL = /^(?<name>[^-]+)-(?<version>[^-]+)(?:-[0-9][^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/

/**
 * The version, in its normal form, that a file of a project has by its name; nothing for a file of another
 * project or kind. Source: the binary and source distribution format specifications of packaging.python.org.
 */
export const versionOfFile = (filename: string, project: string): string | undefined => {
  const { name, version } = (WHEEL.exec(filename) ?? SDIST.exec(filename))?.groups ?? {}
  if (name === undefined || version === undefined) return undefined
  return normaliseName(name) === normaliseName(project) ? normaliseVersion(version) : undefined
}
