/**
 * Minifies what ncc leaves: the chunks of the action's bundle, which are loaded when they are due. All become ASCII, as
 * Node reads and compiles that faster than text with other characters.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { minify } from 'terser'
import { startFaster } from './start-faster.ts'

const dist = join(import.meta.dirname, '../dist')

const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter(
  entry => entry.isFile() && entry.name.endsWith('index.js'),
)
for (const { parentPath, name } of files) {
  const file = join(parentPath, name)
  const { code } = await minify(readFileSync(file, 'utf8'), {
    module: true,
    // As ncc has it: names of functions and classes stay.
    keep_classnames: true,
    keep_fnames: true,
    compress: false,
    format: { ascii_only: true },
  })
  if (code === undefined) throw new Error(`${file} became nothing`)
  writeFileSync(file, `${parentPath.endsWith('action') ? startFaster(code) : code}\n`)
}
