import * as pep440 from '@renovatebot/pep440'

/** PEP 503, "Normalized Names". */
export function normaliseName(name: string) {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

export function isProjectName(name: string) {
  return /^[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?$/i.test(name)
}

/** PEP 440's normal form; `2.3.4.0`, another patch, keeps its zero. */
export function normaliseVersion(version: string): string | undefined {
  // The library writes local versions with commas.
  return pep440.clean(version)?.replaceAll(',', '.')
}

export function newestVersions(versions: ReadonlySet<string>, count: number): string[] {
  return [...versions].sort(pep440.rcompare).slice(0, count)
}

/** In the name of a wheel, with "_" for "-", or source distribution. Source: packaging.python.org. */
export function versionOfFile(filename: string, project: string): string | undefined {
  const name = normaliseName(project).replaceAll('-', '[-_.]+')
  const wheel = '(?<wheel>[^-]+)(?:-[0-9][^-]*)?-[^-]+-[^-]+-[^-]+\\.whl'
  const source = '(?<source>.+)\\.(?:tar\\.gz|tar\\.bz2|tar\\.xz|tgz|zip)'
  const found = new RegExp(`^${name}-(?:${wheel}|${source})$`, 'i').exec(filename)?.groups
  return found && normaliseVersion(found.source ?? found.wheel?.replaceAll('_', '-') ?? '')
}
