import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { describeEnd, ProgramNotStartedError, type ProgramResult, runProgram } from '../process/run.ts'
import { oneLine } from '../text.ts'
import { type RepositoryAddress, repositoryAt } from './remote.ts'

/** A directory that git keeps, as it is now. */
export interface Checkout {
  readonly kind: 'checkout'
  /** The commit that is checked out. */
  readonly head: string
  /** The repositories that its remotes lead to. */
  readonly remotes: readonly RepositoryAddress[]
  /** The commit of the git tag that was asked for, if the checkout has the tag. */
  readonly tagCommit: string | undefined
  /** Paths of files that git tracks and that are not as they are in `head`, from the top of the checkout. */
  readonly changed: readonly string[]
}

/** There is nothing that says which commit a directory holds. */
export interface NoCheckout {
  readonly kind: 'none'
  readonly why: string
}

interface GitPorts {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** What counts as a change: not files that git does not track; submodules too, whatever the checkout says of them. */
const STATUS = ['--untracked-files=no', '--ignore-submodules=untracked', '--no-renames']

/**
 * Looks at the checkout that a directory is in, and at the changed files at a path in the directory. Throws `wrong-commit`
 * if git can't read it, or the reason of the signal.
 */
export async function inspectCheckout(
  { directory, path, gitTag }: { directory: string; path: string; gitTag: string },
  ports: GitPorts,
): Promise<Checkout | NoCheckout> {
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
    if (head === undefined) return { kind: 'none', why: `the git checkout of ${directory} has no commit` }
    return {
      kind: 'checkout',
      head,
      remotes: remotesIn(written, read),
      tagCommit,
      changed: changedIn(records),
    }
  } catch (error) {
    if (!(error instanceof ProgramNotStartedError && error.isMissing)) throw error
    return { kind: 'none', why: 'there is no git on this machine' }
  }
}

/** The commit that an object is of, such as a git tag's own, or a ref; nothing if the checkout does not have it. */
export async function commitOf(
  directory: string,
  object: string,
  ports: GitPorts,
): Promise<string | undefined> {
  const said = await git(directory, ['rev-parse', '--verify', '--quiet', `${object}^{commit}`], ports)
  return said.exitCode === 0 ? said.stdout.trim() : undefined
}

/**
 * Options for every call. Files that look like a bare repository are not taken for one: its settings could start a program.
 * Nothing is written, and no program is asked which files have changed.
 */
const OPTIONS = ['--no-optional-locks', '-c', 'safe.bareRepository=explicit', '-c', 'core.fsmonitor=false']

/**
 * What git gets of the environment, and a filter that it starts: where programs and settings are, and who called sudo, whose
 * files it trusts. No secret, and nothing that leads to another repository. Source: git(1), git-config(1).
 */
const FOR_GIT =
  /^(?:PATH|LD_LIBRARY_PATH|HOME|XDG_CONFIG_HOME|SUDO_UID|GIT_(?:EXEC_PATH|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)))$/

async function git(
  directory: string,
  args: readonly string[],
  { env, signal }: GitPorts,
): Promise<ProgramResult> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => FOR_GIT.test(name)))
  return runProgram('git', ['-C', directory, ...OPTIONS, ...trustWorkspace(directory, env), ...args], {
    env: { ...own, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    signal,
  })
}

/**
 * Settings for a job in a container, whose workspace belongs to the user of the runner: what is in the workspace is the
 * job's own, whoever owns it. Directories above it are not.
 */
function trustWorkspace(directory: string, env: NodeJS.ProcessEnv): string[] {
  const given = env.GITHUB_WORKSPACE ?? ''
  if (env.GITHUB_ACTIONS !== 'true' || !existsSync(given)) return []
  const workspace = realpathSync(given)
  const trusted: string[] = []
  for (let at = realpathSync(directory); `${at}/`.startsWith(`${workspace}/`); at = dirname(at))
    trusted.push('-c', `safe.directory=${at}`)
  return trusted
}

/** What git says where there is no checkout at all; a path may say the same. */
const NO_CHECKOUT = /^fatal: (?:not a git repository|this operation must be run in a work tree)/m

/** That there is none; a checkout that git can't read throws `wrong-commit`: it may be at any commit. */
function noCheckout(directory: string, status: ProgramResult): NoCheckout {
  if (NO_CHECKOUT.test(status.tail)) return { kind: 'none', why: `${directory} is not in a git checkout` }
  const said = status.tail.trim().replace(/\s+/g, ' ').slice(0, 500)
  throw new ReleaseError('wrong-commit', {
    what: `Which commit ${directory} is at can't be told: git ${describeEnd(status)}: ${oneLine(said)}.`,
    remedy: 'Mend what git says, or check out the git tag again.',
  })
}

/** The remotes by their addresses, as they are written, and as git reads them (`url.<base>.insteadOf`). */
function remotesIn(written: ProgramResult, read: ProgramResult): RepositoryAddress[] {
  const addresses = [
    ...written.stdout.split('\0').map(entry => entry.slice(entry.indexOf('\n') + 1)),
    ...Array.from(read.stdout.matchAll(/^[^\t\n]*\t(.*) \(fetch\)/gm), ([, address = '']) => address),
  ]
  return [...new Set(addresses.map(repositoryAt))].filter(remote => remote !== undefined)
}

/** The paths in records of `git status`. Source: git-status(1), "Porcelain Format Version 2". */
function changedIn(records: readonly string[]): string[] {
  // Fields before the path: 8 for a change, 10 for a conflict.
  const fields: Readonly<Record<string, number>> = { '1': 8, u: 10 }
  return records.flatMap(record => {
    const before = fields[record.charAt(0)]
    return before === undefined ? [] : [record.split(' ').slice(before).join(' ')]
  })
}
