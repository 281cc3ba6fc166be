import { ReleaseError } from '../errors.ts'
import { duration } from '../text.ts'
import { type Listing, packageIndex } from './package-index.ts'
import { newestVersions, normaliseName, normaliseVersion } from './package-version.ts'
import { type GatePorts, waitFor } from './wait.ts'

export interface PackageGate {
  /** Its name as given; its version in PEP 440's normal form, such as `2.3.5rc1`. */
  readonly package: { readonly name: string; readonly version: string }
  readonly index: URL
  /** In milliseconds. */
  readonly timeout: number
}

/** Whether it had to wait. Throws `package-missing` or `index-unreadable`. */
export function waitForPackage(gate: PackageGate, ports: GatePorts) {
  const { name, version } = gate.package
  return ports.log.stage(`Wait for ${name} ${version}`, () => waitForVersion(gate, ports))
}

async function waitForVersion({ package: { name, version }, index, timeout }: PackageGate, ports: GatePorts) {
  const { address, look } = packageIndex(index, name, ports.transport)
  const isThere = (listing: Listing) => listing.kind === 'versions' && listing.versions.has(version)
  const again = (listing: Listing) => {
    if (isThere(listing) || listing.kind === 'refused') return undefined
    return listing.kind === 'versions' ? {} : { ...listing, instead: listing.why }
  }
  const wait = { what: `${name} ${version} at ${address}`, timeout }
  const { seen, waited } = await waitFor(wait, { look, again }, ports)
  const after = `after ${duration(waited)}`
  if (seen.kind === 'unusable' || seen.kind === 'refused')
    throw new ReleaseError('index-unreadable', {
      what: `Whether it has ${name} ${version} is not known ${after}: ${seen.why}.`,
      remedy: 'Check package-index, and run it again when it answers.',
    })
  if (!isThere(seen))
    throw new ReleaseError('package-missing', {
      what: `${name} ${version} is not at ${address} ${after}; ${describe(seen)}.`,
      remedy: 'Check its upload, package and package-index; package-timeout waits longer.',
    })
  ports.log.info(`${name} ${version} is there${waited === 0 ? '' : ` ${after}`}`)
  return waited > 0
}

function describe(listing: Listing) {
  if (listing.kind !== 'versions') return listing.why
  const newest = newestVersions(listing.versions, 5).join(', ')
  return newest === '' ? 'it has no file that is not yanked' : `its newest versions are ${newest}`
}

const PIP_PAUSE = 10_000

/** If pip did not find the package: a node of the index may be behind. */
export async function retryForPackage(
  output: string,
  gate: PackageGate | undefined,
  { log, clock, started }: GatePorts & { started: number },
) {
  if (gate === undefined || !pipMissed(output, gate.package)) return false
  if (clock.now() + PIP_PAUSE > started + gate.timeout) return false
  const { name, version } = gate.package
  log.info(`pip did not find ${name} ${version}, which the index has: building again in 10 s`)
  await clock.sleep(PIP_PAUSE)
  return true
}

const NO_MATCH =
  /No matching distribution found for ([A-Za-z0-9._-]+)(?:\[[^\][]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)/g
const OTHER_PYTHON = /Ignored the following versions that require a different python version: (.*)/g

/** Not if the version is for another Python: that stays so. */
export function pipMissed(output: string, { name, version }: PackageGate['package']) {
  const ignored = [...output.matchAll(OTHER_PYTHON)].flatMap(([, list = '']) => list.split('; '))
  if (ignored.some(entry => normaliseVersion(entry.split(' ')[0] ?? '') === version)) return false
  return [...output.matchAll(NO_MATCH)].some(([, project = '', wanted = '']) => {
    const isSame = normaliseVersion(wanted.replace(/\.$/, '')) === version
    return isSame && normaliseName(project) === normaliseName(name)
  })
}
