/** The process that owner.test.ts kills: starts an engine, a container in it, and a registry; tells what to look for. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../sandbox/command.ts'
import { startEngine } from '../../sandbox/engine.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'

const ending = process.argv[2]
const [engine, registry] = await Promise.all([startEngine(), startRegistry()])
const context = await mkdtemp(join(engine.config, 'context-'))
await writeSampleContext(context)
await run('docker', ['buildx', 'build', '--load', '--tag', 'sample', context], { env: engine.env })
const container = ['--detach', '--network=host', '--stop-timeout=1', 'sample', 'sleep', '987654']
await run('docker', ['run', ...container], { env: engine.env })
console.log('ready')

if (ending === 'stop') await Promise.all([engine.stop(), registry.stop()])
else if (ending === 'exception') throw new Error('an exception')
else if (ending !== 'end') setInterval(() => {}, 1_000)
