/**
 * Wheels as small as they can be: a package with nothing but its version
 * (https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface Wheel {
  readonly filename: string
  readonly bytes: Buffer
  /** In hexadecimal digits. */
  readonly sha256: string
}

export interface WheelOptions {
  readonly project: string
  readonly version: string
  /** The Python versions that it is for, such as `>=3.8`. */
  readonly requiresPython?: string
}

/** A file name has "_" for every "-" of a name. */
const escapeName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '_')

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** 1980-01-01, the first day that a zip archive knows. */
const date = Buffer.concat([u16(0), u16(0x21)])

/** A zip archive of files that are not compressed (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16). */
const zip = (files: Readonly<Record<string, string>>): Buffer => {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)]
    const common = Buffer.concat([
      ...[u16(20), u16(0), u16(0), date, u32(crc32(content)), u32(content.length), u32(content.length)],
      ...[u16(name.length), u16(0)],
    ])
    const local = Buffer.concat([u32(0x04034b50), common, name, content])
    const attributes = Buffer.concat([u16(0), u16(0), u16(0), u32((0o100644 << 16) >>> 0), u32(offset)])
    locals.push(local)
    central.push(Buffer.concat([u32(0x02014b50), u16(0x314), common, attributes, name]))
    offset += local.length
  }
  const [count, directory] = [u16(central.length), Buffer.concat(central)]
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(directory.length), u32(offset), u16(0)]
  return Buffer.concat([...locals, directory, ...end])
}

/** Makes a wheel that `pip install` takes; the module says its version as `__version__`. */
export const makeWheel = ({ project, version, requiresPython }: WheelOptions): Wheel => {
  const name = escapeName(project)
  const information = `${name}-${version}.dist-info`
  const metadata = [
    ...['Metadata-Version: 2.1', `Name: ${project}`, `Version: ${version}`],
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
  ]
  const files: Record<string, string> = {
    [`${name}/__init__.py`]: `__version__ = '${version}'\n`,
    [`${information}/METADATA`]: `${metadata.join('\n')}\n`,
    [`${information}/WHEEL`]:
      'Wheel-Version: 1.0\nGenerator: sandbox\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  }
  const record = Object.entries(files).map(([path, text]) => {
    const digest = createHash('sha256').update(text).digest('base64url')
    return `${path},sha256=${digest},${Buffer.byteLength(text)}`
  })
  const bytes = zip({
    ...files,
    [`${information}/RECORD`]: `${[...record, `${information}/RECORD,,`].join('\n')}\n`,
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { filename: `${name}-${version}-py3-none-any.whl`, bytes, sha256 }
}
