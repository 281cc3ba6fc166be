import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { say } from './screen.ts'
import type { Stage } from './stage.ts'

const CHECKOUT = join(import.meta.dirname, '..')

/** Says how to look around, and returns when it is told to end. */
export async function lookAround(stage: Stage, project: string, services: readonly string[]): Promise<void> {
  const { host, url } = stage.registry
  const [service] = services
  const cli = 'node dist/cli/stable-release.mjs'
  const commands = [
    `cd ${quoted(CHECKOUT)} && . ${quoted(await writeEnvironment(stage))}`,
    `wget -qO- ${url}/v2/${project}/${service}/tags/list`,
    `docker run --rm ${host}/${project}/${service}:2.4.0-stable`,
    'docker images',
    `${cli} audit ${services.join(',')} ${host} ${project}`,
    `${cli} release ${service} 2.4.1 ${host} ${project} --context=${quoted(stage.workspace)}`,
  ]
  const end = toldToEnd()
  say('\nThe engine and the registries stay. To look around, in another terminal, as root:')
  for (const command of commands) say(`  ${command}`)
  say(`\nCtrl-C here, or kill ${process.pid} there, stops them and removes everything.`)
  await end
}

/** Writes a file for a shell, which leads to the engine. Its wget is for machines that have none. */
async function writeEnvironment({ engine, folder, workspace }: Stage): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await symlink(join(workspace, 'busybox'), join(bin, 'wget'))
  const { PATH, DOCKER_HOST = '', DOCKER_CONFIG = '' } = engine.env
  const variables = { PATH: `${PATH}:${bin}`, DOCKER_HOST, DOCKER_CONFIG }
  const file = join(folder, 'environment')
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`)
  await writeFile(file, lines.join(''))
  return file
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Of Ctrl-C, npm passes on a second one to what it runs: it must not interrupt the end. */
async function toldToEnd(): Promise<void> {
  // A signal's listener alone does not keep Node running.
  const staying = setInterval(() => {}, 60_000)
  await new Promise<unknown>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, resolve)
  })
  clearInterval(staying)
}
