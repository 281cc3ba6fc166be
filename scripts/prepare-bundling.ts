/**
 * Puts copies of packages before the bundler, in lib/node_modules, that leave out what nobody uses. What is bundled is
 * otherwise what the packages are.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const packages = join(import.meta.dirname, '../node_modules')
const copies = join(import.meta.dirname, '../lib/node_modules')

const copy = (name: string): void => cpSync(join(packages, name), join(copies, name), { recursive: true })

/**
 * @actions/core says of itself what is true: importing one of its modules does nothing but define it (webpack,
 * "sideEffects"). Then the bundler leaves out what nobody uses of it, above all the client for OIDC tokens, which would
 * load the whole HTTP stack at every start of the action.
 */
const core = '@actions/core'
copy(core)
const manifest: object = JSON.parse(readFileSync(join(packages, core, 'package.json'), 'utf8'))
writeFileSync(join(copies, core, 'package.json'), JSON.stringify({ ...manifest, sideEffects: false }))

/**
 * @actions/github makes a client of undici that nobody asks: octokit is given a `fetch` of ours. undici would be three
 * quarters of its bundle, and half of the time that it takes to load.
 */
copy('@actions/github')
const undici = join(copies, 'undici')
mkdirSync(undici, { recursive: true })
writeFileSync(join(undici, 'package.json'), JSON.stringify({ name: 'undici', main: 'index.js' }))
writeFileSync(
  join(undici, 'index.js'),
  `exports.ProxyAgent = class {}
exports.fetch = () => Promise.reject(new Error('undici is not a part of this bundle'))
`,
)
