import { BlockList, isIPv6 } from 'node:net'

/** Addresses that mean a machine of the local network, or this one. Source: IANA, special-purpose address registries. */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  // An IPv6 address that holds one of these (::ffff:a.b.c.d) is found by the same entry.
  PRIVATE.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6')
}

/** The host of an address as a number or a name: without the brackets of IPv6, and without a dot at its end. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

const isPrivateNumber = (host: string): boolean => PRIVATE.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')

const isThisMachine = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127\.[0-9.]+|::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(host)

/**
 * Says what keeps the realm of a Bearer challenge from being asked for a token, or nothing: credentials go there.
 *
 * It is https, unless the registry itself is plain http. It is not a private address written as a number, which could
 * be anything in the network of the runner, unless it is the registry's own host. `URL` has brought other spellings of
 * numbers (decimal, hexadecimal) into this form before. Names are not looked up: behind a proxy that may not work.
 */
export const realmProblem = (realm: string, registry: URL): string | undefined => {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && registry.protocol === 'http:')) {
    return 'is not an https address'
  }
  const [host, own] = [hostOf(url), hostOf(registry)]
  if (host === own || (isThisMachine(host) && isThisMachine(own))) return undefined
  return isPrivateNumber(host) || isThisMachine(host)
    ? "is a private address, and not the registry's own"
    : undefined
}
