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

/**
 * The version in its normal form, or nothing if it is no version of PEP 440. Zeros at the end stay: `2.3.4.0`
 * is a patch of its own, although PEP 440 ranks it with `2.3.4`.
 */
export const normaliseVersion = (version: string): string | undefined =>
  // The library puts commas between the parts of a local version, where PEP 440 has dots.
  pep440.clean(version)?.replaceAll(',', '.')

/** The newest versions, newest first. */
export const newestVersions = (versions: Iterable<string>, count: number): string[] =>
  [...new Set(versions)].sort(pep440.rcompare).slice(0, count)

const SDIST = /^(?<stem>.+)\.(?:tar\.gz|tar\.bz2|tar\.xz|tgz|zip)$/
const WHEEL = /^(?<name>[^-]+)-(?<version>[^-]+)(?:-[0-9][^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/

/** The file names of wheels have "_" for every "-" of a version. */
const versionOfWheel = (filename: string, project: string): string | undefined => {
  const { name = '', version = '' } = WHEEL.exec(filename)?.groups ?? {}
  return normaliseName(name) === project ? normaliseVersion(version.replaceAll('_', '-')) : undefined
}

/**
 * Old source distributions may have hyphens in the name and in the version: the first hyphen behind the
 * project's name divides them, as pip has it.
 */
const versionOfSource = (filename: string, project: string): string | undefined => {
  const { stem = '' } = SDIST.exec(filename)?.groups ?? {}
  const source = new RegExp(`^${project.replaceAll('-', '[-_.]+')}-(?<version>.*)$`, 'i')
  return normaliseVersion(source.exec(stem)?.groups?.version ?? '')
}

/**
 * The version, in its normal form, that a file of a project has by its name; nothing for a file of another
 * project or kind. Source: the binary and source distribution format specifications of packaging.python.org.
 */
export const versionOfFile = (filename: string, project: string): string | undefined => {
  const name = normaliseName(project)
  return filename.endsWith('.whl') ? versionOfWheel(filename, name) : versionOfSource(filename, name)
}
