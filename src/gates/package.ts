import { ReleaseError } from '../errors.ts'
import { type Listing, packageIndex } from './package-index.ts'
import { newestVersions, normaliseName, normaliseVersion } from './package-version.ts'
import { forPeople, type GatePorts, waitFor } from './wait.ts'

/** A package to wait for before the build. */
export interface PackageGate {
  /** Its name as it was given, and its version in the normal form of PEP 440, such as `2.3.5rc1`. */
  readonly package: { readonly name: string; readonly version: string }
  readonly index: URL
  /** The longest wait, in milliseconds. */
  readonly timeout: number
}

/** Waits, as a stage of the run, until the index has the version; whether it had to. Throws `package-missing`. */
export async function waitForPackage(gate: PackageGate | undefined, ports: GatePorts): Promise<boolean> {
  if (gate === undefined) return false
  const { name, version } = gate.package
  return ports.log.stage(`Wait for ${name} ${version}`, () => waitForVersion(gate, ports))
}

async function waitForVersion(
  { package: { name, version }, index, timeout }: PackageGate,
  ports: GatePorts,
): Promise<boolean> {
  const { address, look } = packageIndex(index, name, ports.transport)
  const isThere = (listing: Listing): boolean => listing.kind === 'versions' && listing.versions.has(version)
  const again = (listing: Listing) => {
    if (isThere(listing) || listing.kind === 'refused') return undefined
    return listing.kind === 'none' ? { ...listing, instead: listing.why } : {}
  }
  const wait = { what: `${name} ${version} at ${address}`, timeout }
  const { seen, waited } = await waitFor(wait, { look, again }, ports)
  const after = `after ${forPeople(waited)}`
  if (!isThere(seen))
    throw new ReleaseError('package-missing', {
      what: `${name} ${version} is not at ${address} ${after}; ${describe(seen)}.`,
      remedy: 'Check its upload, package and package-index, then run it again; package-timeout waits longer.',
    })
  ports.log.info(`${name} ${version} is there${waited === 0 ? '' : ` ${after}`}`)
  return waited > 0
}

function describe(listing: Listing): string {
  if (listing.kind !== 'versions') return listing.why
  const newest = newestVersions(listing.versions, 5).join(', ')
  return newest === '' ? 'it has no file that is not yanked' : `its newest versions are ${newest}`
}

/** In milliseconds. */
const PIP_PAUSE = 10_000

/** Waits if pip did not find the package that was waited for, as a node of the index may be behind; else false. */
export async function retryForPackage(
  output: string,
  gate: PackageGate | undefined,
  { log, clock, started }: GatePorts & { started: number },
): Promise<boolean> {
  if (gate === undefined || !pipMissed(output, gate.package)) return false
  if (clock.now() + PIP_PAUSE > started + gate.timeout) return false
  const { name, version } = gate.package
  log.info(
    `pip did not find ${name} ${version}, which the index has: building again in ${PIP_PAUSE / 1000} s`,
  )
  await clock.sleep(PIP_PAUSE)
  return true
}

const NO_MATCH =
  /No matching distribution found for ([A-Za-z0-9._-]+)(?:\[[^\][]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)/g
const OTHER_PYTHON = /Ignored the following versions that require a different python version: (.*)/g

/** Whether a build failed because pip did not find just this version. If it is for another Python, that will not change. */
export function pipMissed(output: string, { name, version }: PackageGate['package']): boolean {
  const ignored = Array.from(output.matchAll(OTHER_PYTHON)).flatMap(([, list = '']) => list.split('; '))
  if (ignored.some(entry => normaliseVersion(entry.split(' ')[0] ?? '') === version)) return false
  return Array.from(output.matchAll(NO_MATCH)).some(([, project = '', wanted = '']) => {
    const isSame = normaliseVersion(wanted.replace(/\.$/, '')) === version
    return isSame && normaliseName(project) === normaliseName(name)
  })
}
