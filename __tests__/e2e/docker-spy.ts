import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A docker command that writes down with which arguments it is called. */
export interface DockerSpy {
  readonly env: NodeJS.ProcessEnv
  /** The folder that it lies in; whoever starts the spy removes it. */
  readonly folder: string
  /** The arguments of every call so far. */
  calls(): Promise<string[][]>
}

const quote = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`

/** Puts the spy in front of the docker command of an environment; without one, every call fails. */
export const spyOnDocker = async (env: NodeJS.ProcessEnv): Promise<DockerSpy> => {
  const folder = await mkdtemp(join(tmpdir(), 'spy-'))
  const calls = join(folder, 'calls')
  const path = env.PATH ?? ''
  const docker = path
    .split(delimiter)
    .map(part => join(part, 'docker'))
    .find(file => existsSync(file))
  await writeFile(calls, '')
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/sh
printf '%s\\037' "$@" >> ${quote(calls)}
printf '\\036' >> ${quote(calls)}
${docker === undefined ? 'exit 97' : `exec ${quote(docker)} "$@"`}
`,
    { mode: 0o755 },
  )
  return {
    env: { ...env, PATH: `${folder}${delimiter}${path}` },
    folder,
    calls: async () =>
      (await readFile(calls, 'utf8'))
        .split('\x1e')
        .slice(0, -1)
        .map(call => call.split('\x1f').slice(0, -1)),
  }
}
