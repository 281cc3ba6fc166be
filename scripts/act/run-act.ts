import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
  readonly username: string
  readonly password: string
}

export interface ActResult {
  readonly passed: boolean
  readonly log: string
}

/** Of the runner and of npm, when this is started there: they are not for the jobs. */
const foreign = /^(?:GITHUB|RUNNER|ACTIONS|INPUT|npm)_/

const eventOf = async (
  { event, gitTag = '2.3.4', inputs = {} }: Run,
  repository: string,
): Promise<object> => {
  const ref = event === 'push' ? `refs/tags/${gitTag}` : 'refs/heads/main'
  const after = await git(repository, 'rev-parse', `${ref}^{commit}`)
  return { ref, after, deleted: false, inputs, repository: { default_branch: 'main' } }
}

/** Runs a workflow to its end. Secrets are handed over in files. */
export const runAct = async (options: ActRun): Promise<ActResult> => {
  const { run, workflow, repository, folder, env, local, username, password } = options
  const file = (name: string): string => join(folder, name)
  await writeFile(file('event.json'), JSON.stringify(await eventOf(run, repository)))
  await writeFile(file('secrets'), `CERN_LOGIN=${username}\nCERN_TOKEN=${password}\nGITHUB_TOKEN=none\n`, {
    mode: 0o600,
  })
  await writeFile(file('vars'), `CERN_LOGIN=${username}\n`)
  const args = [
    run.event,
    ...['--directory', repository, '--workflows', join(repository, workflow)],
    ...['--eventpath', file('event.json'), '--secret-file', file('secrets'), '--var-file', file('vars')],
    ...[
      '--platform',
      'ubuntu-latest=-self-hosted',
      '--pull=false',
      '--no-cache-server',
      '--no-skip-checkout',
    ],
    ...['--action-cache-path', file('cache')],
    ...Object.entries(local).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ...(run.job === undefined ? [] : ['--job', run.job]),
    ...(run.matrix ?? []).flatMap(pair => ['--matrix', pair]),
  ]
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)))
  // Actions are run by the first node on the PATH: the one that runs this, which is GitHub's.
  const PATH = `${dirname(process.execPath)}:${env.PATH}`
  return new Promise((resolve, reject) => {
    const child = spawn('act', args, {
      cwd: folder,
      env: { ...own, PATH, HOME: folder, XDG_CACHE_HOME: file('cache'), XDG_CONFIG_HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    const take = (chunk: Buffer): void => {
      log += chunk.toString()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', error => reject(new Error(`act cannot be started: ${error.message}`, { cause: error })))
    child.on('close', status => resolve({ passed: status === 0, log }))
  })
}
