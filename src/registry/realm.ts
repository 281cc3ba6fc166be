import { BlockList, isIPv6 } from 'node:net'

const blockListOf = (
  family: 'ipv4' | 'ipv6',
  subnets: readonly (readonly [network: string, prefix: number])[],
): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

/**
 * Addresses that mean a machine of the local network, or this one, or that nobody has. Source: IANA, special-purpose
 * address registries.
 */
const SPECIAL_IPV4 = blockListOf('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
])

/** The same of IPv6: all but global unicast (2000::/3), and what of that is special, or holds an IPv4 address. */
const SPECIAL_IPV6 = blockListOf('ipv6', [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])

/** The host of an address as a number or a name: without the brackets of IPv6, and without a dot at its end. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/** One list for each: in a common one, Node takes an IPv4 address for the IPv6 address that holds it, too. */
const isSpecialNumber = (host: string): boolean =>
  isIPv6(host) ? SPECIAL_IPV6.check(host, 'ipv6') : SPECIAL_IPV4.check(host, 'ipv4')

const isThisMachine = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127\.[0-9.]+|::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(host)

/**
 * Says what keeps an address from being asked for a token, or nothing: credentials go there. It is the realm of a Bearer
 * challenge, or one that the token server redirects to.
 *
 * It is https, unless the registry itself is plain http. It is not a private or reserved address written as a number,
 * which could be anything in the network of the runner, unless it is the registry's own host. `URL` has brought other
 * spellings of numbers (decimal, hexadecimal) into this form before. Names are not looked up: behind a proxy that may
 * not work.
 */
export const realmProblem = (realm: string, registry: URL): string | undefined => {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && registry.protocol === 'http:')) {
    return 'is not an https address'
  }
  const [host, own] = [hostOf(url), hostOf(registry)]
  if (host === own || (isThisMachine(host) && isThisMachine(own))) return undefined
  return isSpecialNumber(host) || isThisMachine(host)
    ? "is a private or reserved address, and not the registry's own"
    : undefined
}
