import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { git } from '../../sandbox/git-checkout.ts'
import type { Run } from './catalogue.ts'

export interface ActRun {
  readonly run: Run
  /** The path of the workflow in the repository. */
  readonly workflow: string
  /** The repository in which it runs. */
  readonly repository: string
  /** A folder for what act keeps. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Repositories in place of those on GitHub; keys are `owner/name@ref`. */
  readonly local: Readonly<Record<string, string>>
  /** The account at the registry. */
  readonly login: Login
  /** The account at the registry that stands for Docker Hub. */
  readonly hub: Login
}

export interface Login {
  readonly username: string
  readonly password: string
}

/** Runs a workflow to its end; gives back whether it passed, and what act wrote. Secrets are handed over in files. */
export async function runAct(options: ActRun): Promise<{ passed: boolean; log: string }> {
  const { run, workflow, repository, folder, env, local, login, hub } = options
  const file = (name: string): string => join(folder, name)
  await mkdir(folder, { recursive: true })
  await writeFile(file('event.json'), JSON.stringify(await eventOf(run, repository)))
  const secrets = {
    CERN_LOGIN: login.username,
    CERN_TOKEN: login.password,
    DOCKER_HUB_USERNAME: hub.username,
    DOCKER_HUB_ACCESS_TOKEN: hub.password,
    // GitHub's own registry takes the token of the run, with whoever started it as the account.
    GITHUB_TOKEN: login.password,
  }
  const lines = Object.entries(secrets).map(([name, secret]) => `${name}=${secret}\n`)
  await writeFile(file('secrets'), lines.join(''), { mode: 0o600 })
  await writeFile(file('vars'), `CERN_LOGIN=${login.username}\n`)
  const args = [
    ...[run.event, '--directory', repository, '--workflows', join(repository, workflow)],
    ...['--eventpath', file('event.json'), '--secret-file', file('secrets'), '--var-file', file('vars')],
    ...['--platform', 'ubuntu-latest=-self-hosted', '--pull=false', '--no-cache-server'],
    ...['--actor', login.username, '--no-skip-checkout', '--action-cache-path', file('cache')],
    ...Object.entries(local).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ...(run.job === undefined ? [] : ['--job', run.job]),
    ...(run.matrix ?? []).flatMap(pair => ['--matrix', pair]),
  ]
  // What the runner or npm has set, when this is started there, is not for the jobs.
  const own = Object.entries(env).filter(([name]) => !/^(?:GITHUB|RUNNER|ACTIONS|INPUT|npm)_/.test(name))
  // Actions are run by the first node on the PATH: the one that runs this, which is GitHub's.
  const PATH = `${dirname(process.execPath)}:${env.PATH}`
  const child = spawn('act', args, {
    cwd: folder,
    env: {
      ...Object.fromEntries(own),
      PATH,
      HOME: folder,
      XDG_CACHE_HOME: file('cache'),
      XDG_CONFIG_HOME: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', status => resolve({ passed: status === 0, log }))
  })
}

async function eventOf({ event, gitTag = '2.3.4' }: Run, repository: string): Promise<object> {
  const ref = event === 'push' ? `refs/tags/${gitTag}` : 'refs/heads/main'
  const after = await git(repository, 'rev-parse', `${ref}^{commit}`)
  return { ref, after, deleted: false, repository: { name: basename(repository), default_branch: 'main' } }
}
