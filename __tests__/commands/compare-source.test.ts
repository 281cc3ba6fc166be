import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { compareSource } from '../../src/commands/compare-source.ts'
import type { Build } from '../../src/docker/build.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { surroundings } from '../gates/surroundings.ts'
import { temporaryFolder } from '../inputs/order.ts'

const workspace = temporaryFolder()
const OWN = 'https://github.com/dmwm/WMCore'
const OTHER = 'https://github.com/dmwm/CMSKubernetes'
const COMMIT = 'a'.repeat(40)

let number = 0
/** A checkout in a folder of its own, as the input context names it. */
const checkout = async (remote: string): Promise<{ context: string; head: string }> => {
  number += 1
  const context = `checkout-${number}`
  await mkdir(join(workspace, context))
  await writeFile(join(workspace, context, 'Dockerfile'), 'FROM scratch\n')
  return { context, head: await makeCheckout(join(workspace, context), remote) }
}

const compare = async (
  context: string,
  {
    revision,
    github,
    build = {},
  }: { revision?: string | undefined; github?: GitHubApi; build?: Partial<Build> } = {},
) => {
  const { log, transport, loadGitHub } = surroundings()
  const { signal } = new AbortController()
  const compared = await compareSource(
    {
      gitTag: '2.3.4',
      revision,
      source: {
        address: 'github.com/dmwm/wmcore',
        github:
          github === undefined
            ? undefined
            : { apiUrl: github.url, name: github.repository, token: github.token },
        checkout: 'Check the tag out.',
      },
      build: {
        context,
        file: undefined,
        buildArgs: [],
        labels: ['a=b'],
        options: [],
        optionsName: 'the input build-options',
        ...build,
      },
    },
    { env: process.env, signal, log, workspace, transport, loadGitHub },
  )
  compared.warn()
  return { ...compared.request, warnings: log.lines.filter(line => line.startsWith('warning')) }
}

const revisionLabel = (commit: string): string => `org.opencontainers.image.revision=${commit}`

describe('a checkout of the repository that is released', () => {
  test('at the commit of the git tag is built, with its label', async () => {
    const { context, head } = await checkout(OWN)
    const { build, revision, warnings } = await compare(context, { revision: head })
    expect({ revision, warnings }).toEqual({ revision: head, warnings: [] })
    expect(build.labels).toEqual(['a=b', revisionLabel(head)])
  })

  test('with the git tag in it needs nobody else to say which commit that is', async () => {
    const { context, head } = await checkout(OWN)
    await git(join(workspace, context), 'tag', '2.3.4')
    expect((await compare(context)).revision).toBe(head)
  })

  test('at another commit is not built', async () => {
    const { context, head } = await checkout(OWN)
    await commitAll(join(workspace, context))
    await expect(compare(context, { revision: head })).rejects.toMatchObject({
      name: 'wrong-commit',
      message: expect.stringMatching(
        `^The checkout of ${context} is at [0-9a-f]{40}, and the git tag 2.3.4 is ${head}. Nothing was built. Check the tag out.$`,
      ),
    })
  })

  test('is not built if the commit of the git tag is not known', async () => {
    const { context } = await checkout(OWN)
    await expect(compare(context)).rejects.toMatchObject({ name: 'wrong-commit' })
  })

  test('by a fork, at another commit than the git tag in it, is not built', async () => {
    const { context, head } = await checkout('https://github.com/someone/WMCore')
    await git(join(workspace, context), 'tag', '2.3.4')
    await commitAll(join(workspace, context))
    await expect(compare(context, { revision: head })).rejects.toMatchObject({ name: 'wrong-commit' })
  })

  test('with changed files is built, with a warning that names them', async () => {
    const { context, head } = await checkout(OWN)
    await writeFile(join(workspace, context, 'Dockerfile'), 'FROM scratch\nLABEL a=b\n')
    expect((await compare(context, { revision: head })).warnings).toEqual([
      'warning Files were changed after the checkout: They are built as they are now, not as the commit has them: Dockerfile.',
    ])
  })
})

describe('a checkout of another repository', () => {
  test('is built at whichever commit, which is a label', async () => {
    const { context, head } = await checkout(OTHER)
    const { build, warnings } = await compare(context, { revision: COMMIT })
    expect(build.labels.slice(1)).toEqual([
      'io.github.dmwm.stable-release.context.source=https://github.com/dmwm/cmskubernetes',
      `io.github.dmwm.stable-release.context.revision=${head}`,
      revisionLabel(COMMIT),
    ])
    expect(warnings).toEqual([])
  })

  test('has the Dockerfile of a context elsewhere', async () => {
    const own = await checkout(OWN)
    const other = await checkout(OTHER)
    const file = `${other.context}/Dockerfile`
    const { build } = await compare(own.context, { revision: own.head, build: { file } })
    expect(build.labels).toContain(revisionLabel(own.head))
    expect(build.labels.join('\n')).toContain(other.head)
  })
})

describe('an address', () => {
  test.each([
    { name: 'of another repository', context: `${OTHER}.git#${COMMIT}:docker`, labelled: true },
    { name: 'of the repository itself, by the git tag', context: `${OWN}.git#2.3.4`, labelled: false },
    { name: 'of the repository itself, by the commit', context: `${OWN}.git#${COMMIT}`, labelled: false },
  ])('$name is built', async ({ context, labelled }) => {
    const { build, warnings } = await compare(context, { revision: COMMIT })
    expect(build.labels.some(label => label.endsWith(`.context.revision=${COMMIT}`))).toBe(labelled)
    expect(warnings).toEqual([])
  })

  test.each([{ ref: 'master' }, { ref: 'b'.repeat(40) }, { ref: COMMIT.slice(0, 7) }])(
    'of the repository itself at $ref is not built',
    async ({ ref }) => {
      await expect(compare(`${OWN}.git#${ref}`, { revision: COMMIT })).rejects.toMatchObject({
        name: 'wrong-commit',
        remedy:
          'Nothing was built. Name the git tag in the address, as #2.3.4, or its whole commit: docker takes no shorter one.',
      })
    },
  )
})

describe('a run that is not for the git tag asks GitHub', () => {
  let github: GitHubApi
  beforeEach(async () => {
    github = await startGitHubApi()
  })
  afterEach(() => github?.stop())

  test('for its commit', async () => {
    const { commit } = github.tag('2.3.4', { annotated: true })
    const { revision, warnings } = await compare(`${OTHER}.git`, { github })
    expect({ revision, warnings }).toEqual({ revision: commit, warnings: [] })
  })

  test('and a git tag that is not there is an error', async () => {
    await expect(compare(`${OTHER}.git`, { github })).rejects.toMatchObject({ name: 'invalid-input' })
  })

  test('and builds without a label, and with a warning, if GitHub does not tell', async () => {
    github.refuse(...Array.from({ length: 9 }, () => ({ status: 403, message: 'Forbidden' })))
    const { revision, build, warnings } = await compare(`${OTHER}.git`, { github })
    expect(revision).toBeUndefined()
    expect(build.labels.join('\n')).not.toContain('org.opencontainers')
    expect(warnings).toEqual([
      expect.stringMatching(/^warning The commit of the git tag is not known: .*on-existing: reuse/),
    ])
  })
})

test('a directory that is no checkout is built with a warning', async () => {
  await mkdir(join(workspace, 'plain'))
  const { warnings, build } = await compare('plain', { revision: COMMIT })
  expect(warnings).toEqual([
    expect.stringMatching(
      /^warning What is built was not compared with the git tag: Nothing says which commit it is of\. plain: /,
    ),
  ])
  expect(build.labels).toContain(revisionLabel(COMMIT))
})

test('a checkout without a remote is built with a warning', async () => {
  const { context, head } = await checkout(OWN)
  await git(join(workspace, context), 'remote', 'remove', 'origin')
  const { warnings, build } = await compare(context, { revision: COMMIT })
  expect(warnings).toEqual([
    expect.stringContaining(`${context}: the checkout has no remote that says which repository it is of.`),
  ])
  expect(build.labels.join('\n')).toContain(head)
})
