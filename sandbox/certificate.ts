/**
 * Throwaway X.509 certificates. Node can read but not make them, and a fresh machine has no openssl; the few
 * structures that a certificate consists of are written out here (RFC 5280, section 4.1; DER is X.690).
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

const day = 24 * 60 * 60 * 1000

const tlv = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  if (body.length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, body.length), body])
  return Buffer.concat([Buffer.of(tag, 0x82, body.length >> 8, body.length & 0xff), body])
}
const sequence = (...content: readonly Uint8Array[]): Buffer => tlv(0x30, ...content)
const set = (...content: readonly Uint8Array[]): Buffer => tlv(0x31, ...content)
const integer = (bytes: Uint8Array): Buffer => tlv(0x02, bytes)
const bits = (bytes: Uint8Array): Buffer => tlv(0x03, Buffer.of(0), bytes)
const octets = (bytes: Uint8Array): Buffer => tlv(0x04, bytes)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const text = (value: string): Buffer => tlv(0x0c, Buffer.from(value))
const yes = tlv(0x01, Buffer.of(0xff))
const utcTime = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(date.toISOString().replace(/^..|[-:T]|\.\d+/g, '')))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const name = (commonName: string): Buffer => sequence(set(sequence(oid('550403'), text(commonName))))
const extension = (id: string, value: Uint8Array): Buffer => sequence(oid(id), octets(value))

/** basicConstraints: a certificate that may sign others, itself included. */
const isAuthority = extension('551d13', sequence(yes))
/** subjectAltName: dNSName and, for this machine, iPAddress. */
const isFor = (host: string): Buffer => {
  const addresses = host === 'localhost' ? [tlv(0x87, Buffer.of(127, 0, 0, 1))] : []
  return extension('551d11', sequence(tlv(0x82, Buffer.from(host)), ...addresses))
}

const pem = (der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * Makes a self-signed certificate for a host, this machine's loopback address by default, good for a server (whoever
 * shall trust it takes it as an authority, see `NODE_EXTRA_CA_CERTS`) and for signing tokens. It is valid for a month.
 */
export const makeCertificate = (host = 'localhost'): Certificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Date.now()
  // A serial number is positive: the first bit is 0, the first byte is not.
  const serial = randomBytes(16)
  serial[0] = 0x40
  // Of two authorities with one name, only the first is looked at.
  const subject = name(`sandbox ${serial.toString('hex')}`)
  const content = sequence(
    tlv(0xa0, integer(Buffer.of(2))),
    integer(serial),
    ecdsaWithSha256,
    subject,
    sequence(utcTime(new Date(now - day)), utcTime(new Date(now + 30 * day))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(isAuthority, isFor(host))),
  )
  const signature = sign('sha256', content, privateKey)
  return {
    certificate: pem(sequence(content, ecdsaWithSha256, bits(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
