/**
 * Runs the workflows of the README, of .github/workflows and of examples/ with nektos/act, on this machine itself,
 * against an engine, registries and git repositories that are gone afterwards: `npm run act`. CONTRIBUTING.md says more.
 */
import { parseArgs } from 'node:util'
import { run } from '../../sandbox/command.ts'
import { startEngine } from '../../sandbox/engine.ts'
import { keep } from '../../sandbox/kept.ts'
import { startPackageIndex } from '../../sandbox/package-index.ts'
import { catalogue } from './catalogue.ts'
import { linesOf } from './lines.ts'
import { GIT_TAGS, SERVICES } from './repositories.ts'
import { runEntry } from './run-entry.ts'
import { missingFiles } from './sources.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { actions: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
const actions = values.actions ?? process.env.ACT_ACTIONS
if (actions === undefined) throw new Error('Give the folder of the public actions: --actions, or ACT_ACTIONS')
const names = catalogue.map(({ name }) => name)
const unknown = positionals.filter(name => !names.includes(name))
if (unknown.length > 0) throw new Error(`No such run: ${unknown.join(', ')}. There are ${names.join(', ')}`)
const chosen = catalogue.filter(({ name }) => positionals.length === 0 || positionals.includes(name))

// Before anything is started: without act, nothing is.
console.log(`${(await run('act', ['--version'])).trim()}, Node ${process.version}`)

const kept = await keep()
const engine = await startEngine()
const index = await startPackageIndex()
try {
  for (const project of SERVICES) for (const version of GIT_TAGS) index.upload({ project, version })
  for (const entry of chosen) {
    const missing = missingFiles(entry)
    if (missing.length > 0) {
      console.log(`FAILED    ${entry.name}: this repository has no ${missing.join(', ')}`)
      process.exitCode = 1
      continue
    }
    const report = await runEntry(entry, {
      engine,
      packageIndex: index.url,
      folder: kept.folder,
      actions,
    })
    console.log(linesOf(entry.name, report, { verbose: values.verbose }).join('\n'))
    if (report.problem !== undefined) process.exitCode = 1
  }
} finally {
  await Promise.all([engine.stop(), index.stop()])
  await kept.stop()
}
