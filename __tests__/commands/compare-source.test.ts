import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, REVISION_LABEL } from '../../src/registry/labels.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { COMMIT, type CommandBench, startCommandBench, TAG } from './bench.ts'

const OWN = 'https://github.com/dmwm/WMCore'
const DOCKERFILES = 'https://github.com/dmwm/cmskubernetes'
const LABELS = [REVISION_LABEL, CONTEXT_SOURCE_LABEL, CONTEXT_REVISION_LABEL]

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const workspace = temporaryFolder()
let number = 0
/** A checkout in a folder of its own, as the input context names it. */
const checkout = async (remote: string) => {
  number += 1
  const [context, path] = [`checkout-${number}`, join(workspace, `checkout-${number}`)]
  await mkdir(path)
  await writeFile(join(path, 'Dockerfile'), 'FROM scratch\n')
  return { context, path, head: await makeCheckout(path, remote) }
}

/** Builds it in a run for the git tag at a commit, or for a branch: the labels of the origin of what is built, and warnings. */
const build = async (inputs: { context: string; file?: string }, sha?: string, github?: GitHubApi) => {
  const of = sha === undefined ? { tag: undefined, sha: undefined } : { tag: TAG, sha }
  const { error, log } = await bench.run(
    { command: 'build', tag: TAG, 'github-token': github?.token ?? '', ...inputs },
    { workspace, apiUrl: github?.url, ...of },
  )
  const [built] = bench.engine.images.values()
  return {
    error,
    labels: built && LABELS.map(name => built.labels[name]),
    warnings: log.filter(line => line.startsWith('warning')),
  }
}

describe('a checkout of the repository that is released', () => {
  test('at the commit of the git tag is built, with its label', async () => {
    const { context, head } = await checkout(OWN)
    const built = { error: undefined, labels: [head, undefined, undefined], warnings: [] }
    expect(await build({ context }, head)).toEqual(built)
  })

  test('at the git tag, whose own object the run names, is built with the label of the commit', async () => {
    const { context, path, head } = await checkout(OWN)
    await git(path, 'tag', '--annotate', '--message=x', TAG)
    expect(await build({ context }, await git(path, 'rev-parse', TAG))).toMatchObject({
      labels: [head, undefined, undefined],
    })
  })

  test('with the git tag in it needs nobody else to say which commit that is', async () => {
    const { context, path, head } = await checkout(OWN)
    await git(path, 'tag', TAG)
    expect(await build({ context })).toMatchObject({ error: undefined, labels: [head, undefined, undefined] })
  })

  test.each([{ remote: OWN }, { remote: 'https://github.com/someone/WMCore' }])(
    'at another commit is not built, also if it is a fork: $remote',
    async ({ remote }) => {
      const { context, path, head } = await checkout(remote)
      await git(path, 'tag', TAG)
      const what = expect.stringMatching(`${context}.*${await commitAll(path)}.*${head}`)
      const { error, labels } = await build({ context }, head)
      expect(error).toMatchObject({ name: 'wrong-commit', what })
      expect(labels).toBeUndefined()
    },
  )

  test('is not built if the commit of the git tag is not known', async () => {
    const { context } = await checkout(OWN)
    expect((await build({ context })).error).toMatchObject({ name: 'wrong-commit' })
  })

  test('with changed files is built, with a warning that names them', async () => {
    const { context, path, head } = await checkout(OWN)
    await writeFile(join(path, 'Dockerfile'), 'FROM scratch\nLABEL a=b\n')
    const { error, warnings } = await build({ context }, head)
    expect(error).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('Dockerfile')])
  })
})

describe('a checkout of another repository', () => {
  test('is built at whichever commit, which is a label', async () => {
    const { context, head } = await checkout(DOCKERFILES)
    expect(await build({ context }, COMMIT)).toEqual({
      error: undefined,
      labels: [COMMIT, DOCKERFILES, head],
      warnings: [],
    })
  })

  test('has the Dockerfile of a context elsewhere', async () => {
    const [own, other] = [await checkout(OWN), await checkout(DOCKERFILES)]
    const { labels } = await build({ context: own.context, file: `${other.context}/Dockerfile` }, own.head)
    expect(labels).toEqual([own.head, DOCKERFILES, other.head])
  })

  test('and one without a remote are told apart: there is a warning', async () => {
    const { context, path, head } = await checkout(DOCKERFILES)
    await git(path, 'remote', 'remove', 'origin')
    const { labels, warnings } = await build({ context }, COMMIT)
    expect(labels).toEqual([COMMIT, undefined, head])
    expect(warnings).toEqual([expect.stringContaining(context)])
  })
})

test('a directory that is no checkout is built with a warning', async () => {
  const plain = join(workspace, 'plain')
  await mkdir(plain)
  await writeFile(join(plain, 'Dockerfile'), 'FROM scratch\n')
  const { labels, warnings } = await build({ context: 'plain' }, COMMIT)
  expect(labels).toEqual([COMMIT, undefined, undefined])
  expect(warnings).toEqual([expect.stringContaining('plain')])
})

describe('a run that is not for the git tag asks GitHub', () => {
  let github: GitHubApi
  beforeEach(async () => {
    github = await startGitHubApi()
  })
  afterEach(() => github?.stop())

  test('for its commit', async () => {
    const { commit } = github.tag(TAG, { annotated: true })
    const { context } = await checkout(DOCKERFILES)
    const { labels, warnings } = await build({ context }, undefined, github)
    expect(labels?.[0]).toBe(commit)
    expect(warnings).toEqual([])
  })

  test('and a git tag that is not there is an error', async () => {
    const { context } = await checkout(DOCKERFILES)
    expect((await build({ context }, undefined, github)).error).toMatchObject({ name: 'invalid-input' })
  })

  test('and builds without a label, and with a warning, if GitHub does not tell', async () => {
    github.refuse(...Array.from({ length: 9 }, () => ({ status: 403, message: 'Forbidden' })))
    const { context } = await checkout(DOCKERFILES)
    const { error, labels, warnings } = await build({ context }, undefined, github)
    expect(error).toBeUndefined()
    expect(labels?.[0]).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('Forbidden')])
  })
})
