import type { Clock } from '../clock.ts'
import { ReleaseError } from '../errors.ts'
import { parseRetryAfter } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import { type Listing, PackageIndex } from './package-index.ts'
import { newestVersions, normaliseName, normaliseVersion, type Package } from './package-version.ts'
import { forPeople, waitFor } from './wait.ts'

/** A package that must be on an index before the image is built. */
export interface PackageGate {
  readonly package: Package
  readonly index: URL
  /** The longest wait, in milliseconds. */
  readonly timeout: number
}

const describe = (listing: Listing | undefined, name: string): string => {
  switch (listing?.kind) {
    case undefined:
      return 'it was not asked'
    case 'unknown-project':
      return `it has no project ${name}`
    case 'refused':
    case 'no-answer':
      return `the last answer was of no use: ${listing.why}`
    case 'versions':
      return listing.versions.size === 0
        ? `it has ${name} without any file that is not yanked`
        : `its newest versions are ${newestVersions(listing.versions, 5).join(', ')}`
  }
}

/**
 * Waits until the index lists a file of exactly this version that is not yanked. Gives back whether it had
 * to wait.
 *
 * Throws `package-missing` when the time is over, or at once when the index refuses to answer.
 */
export const waitForPackage = async (
  gate: PackageGate,
  { transport, log, clock }: { transport: Transport; log: Log; clock: Clock },
): Promise<boolean> => {
  const { name, version } = gate.package
  const index = new PackageIndex({ transport, index: gate.index, project: name })
  const started = clock.now()
  let listing: Listing | undefined
  let looks = 0
  const found = await waitFor(
    async left => {
      listing = await index.look(left)
      looks += 1
      if (listing.kind === 'versions' && listing.versions.has(version)) return { kind: 'done', value: true }
      if (listing.kind === 'refused') return { kind: 'done', value: false }
      const retryAfter = listing.kind === 'no-answer' ? listing.retryAfter : undefined
      const notBefore = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, Date.now())
      return {
        kind: 'again',
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(listing.kind === 'unknown-project'
          ? { seen: `the index has no project ${name} (yet): check the name` }
          : {}),
      }
    },
    {
      timeout: gate.timeout,
      firstInterval: 1_000,
      longestInterval: 15_000,
      what: `${name} ${version} at ${index.address}`,
    },
    { log, clock },
  )
  const took = clock.now() - started
  if (found === true) {
    log.info(
      looks === 1 ? `${name} ${version} is there` : `${name} ${version} is there after ${forPeople(took)}`,
    )
    return looks > 1
  }
  if (listing?.kind === 'refused') {
    throw new ReleaseError('package-missing', {
      what: `The index does not say whether it has ${name} ${version}: ${listing.why}.`,
      remedy:
        'Nothing was built. Check package and package-index, and that the index may be read from this machine; then run it again.',
    })
  }
  throw new ReleaseError('package-missing', {
    what: `${name} ${version} is not at ${index.address} after ${forPeople(took)}; ${describe(listing, name)}.`,
    remedy:
      'Nothing was built. Check that the package was uploaded, and package and package-index; then run it again, with a longer package-timeout if the index is slow.',
  })
}

const NO_MATCH =
  /No matching distribution found for ([A-Za-z0-9._-]+)(?:\[[^[\]]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)/g
const OTHER_PYTHON = /Ignored the following versions that require a different python version: (.*)/g

/**
 * Whether a build failed because pip did not find just this version: it may have asked a node of the index
 * that is behind the one that was asked here. Not if it found it, but only for another Python: that stays so.
 */
export const pipMissed = (output: string, { name, version }: Package): boolean => {
  const ignored = Array.from(output.matchAll(OTHER_PYTHON)).flatMap(([, list = '']) => list.split('; '))
  if (ignored.some(entry => normaliseVersion(entry.split(' ')[0] ?? '') === version)) return false
  return Array.from(output.matchAll(NO_MATCH)).some(([, project = '', wanted = '']) => {
    const isSame = normaliseVersion(wanted.replace(/\.$/, '')) === version
    return isSame && normaliseName(project) === normaliseName(name)
  })
}
