import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, REVISION_LABEL } from '../../src/registry/labels.ts'
import type { GitHubApi } from '../gates/github-api.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { benchOfEach, COMMIT, failure, gitHubOfEach, TAG } from './bench.ts'

const OWN = 'https://github.com/dmwm/WMCore'
const DOCKERFILES = 'https://github.com/dmwm/cmskubernetes'
const LABELS = [REVISION_LABEL, CONTEXT_SOURCE_LABEL, CONTEXT_REVISION_LABEL]

const bench = benchOfEach()
const github = gitHubOfEach()

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
  test.each([
    { what: 'at the commit of the run', run: 'HEAD' },
    { what: 'at the git tag, whose own object the run names', run: `refs/tags/${TAG}` },
    { what: 'that has the git tag, which says its commit in a run for a branch', run: '' },
  ])('$what is built, with its label', async ({ run }) => {
    const { context, path, head } = await checkout(OWN)
    if (run !== 'HEAD') await git(path, 'tag', '--annotate', '--message=x', TAG)
    const sha = run === '' ? undefined : await git(path, 'rev-parse', run)
    const built = { error: undefined, labels: [head, undefined, undefined], warnings: [] }
    expect(await build({ context }, sha)).toEqual(built)
  })

  test('at another commit is not built, also if it is a fork', async () => {
    const { context, path, head } = await checkout('https://github.com/someone/WMCore')
    await git(path, 'tag', TAG)
    const now = await commitAll(path)
    const { error, labels } = await build({ context }, head)
    for (const fact of [context, now, head]) expect(error).toEqual(failure('wrong-commit', fact))
    expect(labels).toBeUndefined()
  })

  test('is not built if the commit of the git tag is not known', async () => {
    const { context } = await checkout(OWN)
    expect((await build({ context })).error).toMatchObject({ name: 'commit-unreadable' })
    github.refuse({ status: 401, message: 'Bad credentials' })
    const { error } = await build({ context }, undefined, github)
    expect(error).toMatchObject({
      name: 'commit-unreadable',
      what: expect.stringContaining('Bad credentials'),
    })
  })

  test('with changed files is built, with a warning that names them', async () => {
    const { context, path, head } = await checkout(OWN)
    await writeFile(join(path, 'Dockerfile'), 'FROM scratch\nLABEL a=b\n')
    const warnings = [expect.stringContaining('Dockerfile')]
    expect(await build({ context }, head)).toMatchObject({ error: undefined, warnings })
  })
})

test('a checkout of another repository is built at whichever commit, which is a label', async () => {
  const { context, head } = await checkout(DOCKERFILES)
  const built = { error: undefined, labels: [COMMIT, DOCKERFILES, head], warnings: [] }
  expect(await build({ context }, COMMIT)).toEqual(built)
})

test('a checkout of another repository has the Dockerfile of a context elsewhere', async () => {
  const [own, other] = [await checkout(OWN), await checkout(DOCKERFILES)]
  const { labels } = await build({ context: own.context, file: `${other.context}/Dockerfile` }, own.head)
  expect(labels).toEqual([own.head, DOCKERFILES, other.head])
})

test('what is of no known repository is built with a warning', async () => {
  const { context, path, head } = await checkout(DOCKERFILES)
  const warnings = [expect.stringContaining(context)]
  await git(path, 'remote', 'remove', 'origin')
  expect(await build({ context }, COMMIT)).toMatchObject({ labels: [COMMIT, undefined, head], warnings })
  await rm(join(path, '.git'), { recursive: true })
  expect(await build({ context }, COMMIT)).toMatchObject({ labels: [COMMIT, undefined, undefined], warnings })
})

test('a run that is not for the git tag asks GitHub for its commit, and one that is not there is an error', async () => {
  const { context, head } = await checkout(DOCKERFILES)
  expect((await build({ context }, undefined, github)).error).toMatchObject({ name: 'invalid-input' })
  const { commit } = github.tag(TAG, { annotated: true })
  const built = { labels: [commit, DOCKERFILES, head], warnings: [] }
  expect(await build({ context }, undefined, github)).toMatchObject(built)
})

test('a run to which GitHub does not tell the commit builds without a label, and with a warning', async () => {
  github.refuse(...Array.from({ length: 9 }, () => ({ status: 403, message: 'Forbidden' })))
  const { context, head } = await checkout(DOCKERFILES)
  const warnings = [expect.stringContaining('Forbidden')]
  const built = { error: undefined, labels: [undefined, DOCKERFILES, head], warnings }
  expect(await build({ context }, undefined, github)).toEqual(built)
})
