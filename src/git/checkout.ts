import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { endOf, ProgramMissingError, type ProgramResult, runProgram } from '../process/run.ts'
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

/** What git is started with. */
export interface GitPorts {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/**
 * What git gets of the environment, and a filter that it starts: where programs and settings are, and who called sudo, whose
 * files it trusts. No secret, and nothing that leads to another repository. Source: git(1), git-config(1).
 */
const FOR_GIT =
  /^(?:PATH|LD_LIBRARY_PATH|HOME|XDG_CONFIG_HOME|SUDO_UID|GIT_(?:EXEC_PATH|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)))$/

/**
 * Options for every call. Files that look like a bare repository are not taken for one: its settings could start a program.
 * Nothing is written, and no program is asked which files have changed.
 */
const OPTIONS = ['--no-optional-locks', '-c', 'safe.bareRepository=explicit', '-c', 'core.fsmonitor=false']

/** What counts as a change: not files that git does not track; submodules too, whatever the checkout says of them. */
const STATUS = ['--untracked-files=no', '--ignore-submodules=untracked']

/** What `git status --porcelain=v2 -z` lists: one record each of what has changed, and a second path for a renaming. */
const changedIn = (records: readonly string[]): string[] => {
  const paths: string[] = []
  for (let at = 0; at < records.length; at += 1) {
    const record = records[at] ?? ''
    // Fields before the path: 8 for a change, 9 for a renaming, 10 for a conflict. Source: git-status(1), "Porcelain
    // Format Version 2".
    const fields = { '1': 8, '2': 9, u: 10 }[record.charAt(0)]
    if (fields === undefined) continue
    paths.push(record.split(' ').slice(fields).join(' '))
    if (record.startsWith('2')) at += 1
  }
  return paths
}

/** What git says where there is no checkout at all; a path may say the same. */
const NO_CHECKOUT = /^fatal: (?:not a git repository|this operation must be run in a work tree)/m

/** That there is none; a checkout that git can't read throws `wrong-commit`: it may be at any commit. */
const noCheckout = (directory: string, status: ProgramResult): NoCheckout => {
  if (NO_CHECKOUT.test(status.tail)) return { kind: 'none', why: `${directory} is not in a git checkout` }
  const said = status.tail.split(/\s*\n\s*/).filter(line => line !== '')
  throw new ReleaseError('wrong-commit', {
    what: `Which commit ${directory} is at can't be told: git ${endOf(status)}: ${oneLine(said.join(' ').slice(0, 500))}.`,
    remedy: 'Nothing was built. Check out the git tag again, and mend what git says.',
  })
}

/** The settings that say where remotes lead to. Source: git-config(1), "remote.<name>.url", "url.<base>.insteadOf". */
const REMOTES = '^(remote\\..*\\.url|url\\..*\\.insteadof)$'

/** The addresses of the remotes: as they are written, and as git reads them, the longest prefix replaced by its base. */
const addressesIn = (configured: ProgramResult): string[] => {
  const settings = configured.stdout.split('\0').map(entry => {
    const end = entry.indexOf('\n')
    return { name: entry.slice(0, end), value: entry.slice(end + 1) }
  })
  const bases = settings
    .flatMap(({ name, value }) => {
      const [, base] = /^url\.(.*)\.insteadof$/s.exec(name) ?? []
      return base === undefined ? [] : [{ base, prefix: value }]
    })
    .sort((a, b) => b.prefix.length - a.prefix.length)
  return settings
    .filter(({ name }) => name.startsWith('remote.'))
    .flatMap(({ value }) => {
      const found = bases.find(({ prefix }) => value.startsWith(prefix))
      return found === undefined ? [value] : [value, found.base + value.slice(found.prefix.length)]
    })
}

/**
 * Settings for a job in a container, whose workspace belongs to the user of the runner: what is in the workspace is the
 * job's own, whoever owns it. Directories above it are not.
 */
const trustWorkspace = (directory: string, env: NodeJS.ProcessEnv): string[] => {
  const given = env.GITHUB_WORKSPACE ?? ''
  if (env.GITHUB_ACTIONS !== 'true' || !existsSync(given)) return []
  const workspace = realpathSync(given)
  const trusted: string[] = []
  for (let at = realpathSync(directory); `${at}/`.startsWith(`${workspace}/`); at = dirname(at))
    trusted.push('-c', `safe.directory=${at}`)
  return trusted
}

/** Runs git in a directory. */
const gitIn = (directory: string, { env, signal }: GitPorts) => {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => FOR_GIT.test(name)))
  return (...args: string[]): Promise<ProgramResult> =>
    runProgram('git', ['-C', directory, ...OPTIONS, ...trustWorkspace(directory, env), ...args], {
      env: { ...own, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      signal,
      diesBySignal: true,
    })
}

/** The commit that an object is of, such as a git tag's own, or a ref; nothing if the checkout does not have it. */
export const commitOf = async (
  directory: string,
  object: string,
  ports: GitPorts,
): Promise<string | undefined> => {
  const said = await gitIn(directory, ports)('rev-parse', '--verify', '--quiet', `${object}^{commit}`)
  return said.exitCode === 0 ? said.stdout.trim() : undefined
}

/**
 * Looks at the checkout that a directory is in: its commit, its remotes, the changed files at a path in the directory,
 * and the commit of a git tag if one is given.
 *
 * Throws `wrong-commit` if git can't read it, or the reason of the signal.
 */
export const inspectCheckout = async (
  { directory, path, gitTag }: { directory: string; path: string; gitTag?: string | undefined },
  ports: GitPorts,
): Promise<Checkout | NoCheckout> => {
  const git = gitIn(directory, ports)
  try {
    const [status, configured, tagCommit] = await Promise.all([
      git('status', '--porcelain=v2', '--branch', ...STATUS, '-z', '--', path),
      git('config', '-z', '--get-regexp', REMOTES),
      gitTag === undefined ? undefined : commitOf(directory, `refs/tags/${gitTag}`, ports),
    ])
    if (status.exitCode !== 0) return noCheckout(directory, status)
    const records = status.stdout.split('\0')
    const head = /^# branch\.oid ([0-9a-f]{40,64})$/.exec(records[0] ?? '')?.[1]
    if (head === undefined) return { kind: 'none', why: `the git checkout of ${directory} has no commit` }
    return {
      kind: 'checkout',
      head,
      remotes: [
        ...new Set(
          addressesIn(configured)
            .map(repositoryAt)
            .filter(address => address !== undefined),
        ),
      ],
      tagCommit,
      changed: changedIn(records.slice(1)),
    }
  } catch (error) {
    if (!(error instanceof ProgramMissingError)) throw error
    return { kind: 'none', why: 'there is no git on this machine' }
  }
}
