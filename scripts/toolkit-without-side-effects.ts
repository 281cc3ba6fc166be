/**
 * Puts a copy of @actions/core before the bundler that says of itself what is true: importing one of its modules does
 * nothing but define it (webpack, "sideEffects"). Then the bundler leaves out what nobody uses of it, above all the
 * client for OIDC tokens, which would load the whole HTTP stack at every start of the action.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const from = join(import.meta.dirname, '../node_modules/@actions/core')
const to = join(import.meta.dirname, '../lib/node_modules/@actions/core')

cpSync(from, to, { recursive: true })
const manifest: object = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, sideEffects: false }))
