import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { describeEnd, ProgramNotStartedError, type ProgramResult, runProgram } from '../process/program.ts'
import { oneLine } from '../text.ts'
import { repositoryAt } from './remote.ts'

export interface Checkout {
  readonly kind: 'checkout'
  readonly head: string
  readonly remotes: readonly string[]
  /** The commit of the git tag, if the checkout has it. */
  readonly tagCommit: string | undefined
  /** Tracked files that differ from `head`, from the top of the checkout. */
  readonly changed: readonly string[]
}

export interface UnknownCommit {
  readonly kind: 'unknown'
  readonly why: string
}

interface GitPorts {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** Submodules count. */
const STATUS = ['--untracked-files=no', '--ignore-submodules=untracked', '--no-renames']

/** With what has changed below `path`. Throws `commit-unreadable`. */
export async function inspectCheckout(
  { directory, path, gitTag }: { directory: string; path: string; gitTag: string },
  ports: GitPorts,
): Promise<Checkout | UnknownCommit> {
  try {
    const [status, written, read, tagCommit] = await Promise.all([
      git(directory, ['status', '--porcelain=v2', '--branch', ...STATUS, '-z', '--', path], ports),
      git(directory, ['config', '-z', '--get-regexp', '^remote\\..*\\.url$'], ports),
      git(directory, ['remote', '--verbose'], ports),
      commitOf(directory, `refs/tags/${gitTag}`, ports),
    ])
    if (status.exitCode !== 0) return noCheckout(directory, status)
    const [branch = '', ...records] = status.stdout.split('\0')
    const [, head] = /^# branch\.oid ([0-9a-f]{40,64})$/.exec(branch) ?? []
    if (head === undefined) return { kind: 'unknown', why: `the git checkout of ${directory} has no commit` }
    const remotes = remotesIn(written, read)
    return { kind: 'checkout', head, remotes, tagCommit, changed: changedIn(records) }
  } catch (error) {
    if (!(error instanceof ProgramNotStartedError && error.isMissing)) throw error
    return { kind: 'unknown', why: 'there is no git on this machine' }
  }
}

/** Of a ref or an annotated git tag's object. */
export async function commitOf(directory: string, object: string, ports: GitPorts) {
  const said = await git(directory, ['rev-parse', '--verify', '--quiet', `${object}^{commit}`], ports)
  return said.exitCode === 0 ? said.stdout.trim() : undefined
}

/** Nothing is written, and no settings of a bare repository start a program. */
const OPTIONS = ['--no-optional-locks', '-c', 'safe.bareRepository=explicit', '-c', 'core.fsmonitor=false']

/** For git and the filters that it starts: no secret, nothing that leads to another repository. */
const FOR_GIT =
  /^(?:PATH|LD_LIBRARY_PATH|HOME|XDG_CONFIG_HOME|SUDO_UID|GIT_(?:EXEC_PATH|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)))$/

async function git(directory: string, args: readonly string[], { env, signal }: GitPorts) {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => FOR_GIT.test(name)))
  return runProgram('git', ['-C', directory, ...OPTIONS, ...trustWorkspace(directory, env), ...args], {
    env: { ...own, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    signal,
    statusAnswers: true,
  })
}

/** In a container, a job's workspace belongs to another user. Directories above stay untrusted. */
function trustWorkspace(directory: string, env: NodeJS.ProcessEnv) {
  const given = env.GITHUB_WORKSPACE ?? ''
  if (env.GITHUB_ACTIONS !== 'true' || !existsSync(given)) return []
  const workspace = realpathSync(given)
  const trusted: string[] = []
  for (let at = realpathSync(directory); `${at}/`.startsWith(`${workspace}/`); at = dirname(at))
    trusted.push('-c', `safe.directory=${at}`)
  return trusted
}

const NO_CHECKOUT = /^fatal: (?:not a git repository|this operation must be run in a work tree)/m

/** A checkout that git can't read may be at any commit. */
function noCheckout(directory: string, status: ProgramResult): UnknownCommit {
  if (NO_CHECKOUT.test(status.tail)) return { kind: 'unknown', why: `${directory} is not in a git checkout` }
  const said = status.tail.trim().replace(/\s+/g, ' ').slice(0, 500)
  throw new ReleaseError('commit-unreadable', {
    what: `The commit of ${directory} can't be read: git ${describeEnd(status)}: ${oneLine(said)}.`,
    remedy: 'Fix that, or check out the git tag again.',
  })
}

/** As they are written, and as git reads them (`url.<base>.insteadOf`). */
function remotesIn(written: ProgramResult, read: ProgramResult) {
  const addresses = [
    ...written.stdout.split('\0').map(entry => entry.slice(entry.indexOf('\n') + 1)),
    ...Array.from(read.stdout.matchAll(/^[^\t\n]*\t(.*) \(fetch\)/gm), ([, address = '']) => address),
  ]
  return [...new Set(addresses.map(repositoryAt))].filter(remote => remote !== undefined)
}

/** Source: git-status(1), "Porcelain Format Version 2". */
function changedIn(records: readonly string[]) {
  // Fields before the path: 8 for a change, 10 for a conflict.
  const fields: Readonly<Record<string, number>> = { '1': 8, u: 10 }
  return records.flatMap(record => {
    const before = fields[record.charAt(0)]
    return before === undefined ? [] : [record.split(' ').slice(before).join(' ')]
  })
}
