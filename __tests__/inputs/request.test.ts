import { describe, expect, test } from 'vitest'
import { validateRequest } from '../../src/inputs/request.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '', 'docker/service/Dockerfile': '', 'docker/other': '', 'bare/file': '' })
const run = runIn(workspace)
const digest = `sha256:${'ab'.repeat(32)}` as const

describe('what is ordered', () => {
  const everything = {
    project: 'cmswmcore/sub',
    tag: '2.3.5rc1',
    context: 'docker/service',
    file: 'docker/other',
    'build-args': 'A=1',
    'build-options': '--platform=linux/arm64',
    username: 'robot$cms+ci',
    password: 'pa:ss wörd',
    'on-existing': 'reuse',
    stable: 'on-promotion',
  }

  test.each([
    {
      command: 'release',
      given: {},
      request: {
        repository: { registry: 'ghcr.io', path: 'reqmgr2' },
        gitTag: '2.3.4',
        revision: '6f1ea31',
        build: { context: '.', file: undefined, options: [] },
        credentials: undefined,
        onExisting: 'same-revision',
        stable: 'on-release',
      },
    },
    {
      command: 'release',
      given: everything,
      request: {
        repository: { registry: 'ghcr.io', path: 'cmswmcore/sub/reqmgr2' },
        gitTag: '2.3.5rc1',
        revision: undefined,
        build: { context: 'docker/service', file: 'docker/other', options: ['--platform=linux/arm64'] },
        credentials: { kind: 'password', username: 'robot$cms+ci', password: 'pa:ss wörd' },
        onExisting: 'reuse',
        stable: 'on-promotion',
      },
    },
    {
      command: 'plan',
      given: { project: 'cmswmcore' },
      request: {
        services: [{ service: 'reqmgr2', repository: { registry: 'ghcr.io', path: 'cmswmcore/reqmgr2' } }],
      },
    },
    {
      command: 'promote',
      given: { digest },
      request: { services: [{ service: 'reqmgr2', digest }], gitTag: '2.3.4' },
    },
    {
      command: 'verify',
      given: { digest, stable: 'on-promotion' },
      request: { services: [{ service: 'reqmgr2', digest }], stable: 'on-promotion' },
    },
  ])('$command with $given', ({ command, given, request }) => {
    expect(validateRequest(textsWith({ command, ...given }), run).request).toMatchObject({
      command,
      ...request,
    })
  })

  test.each(['promote', 'verify'])('%s needs nothing to build', command => {
    expect(refusal({ command, context: 'not/there', file: 'nor/this' }, run)).toBe('no error')
  })

  test.each([
    'https://github.com/dmwm/CMSKubernetes.git#master:docker/pypi/reqmgr2',
    'http://localhost/a.git',
    'git://example.com/a.git',
    'ssh://git@github.com/dmwm/a.git',
    'git@github.com:dmwm/a.git',
    'github.com/dmwm/a',
  ])('the context %s is fetched by docker', context => {
    expect(validateRequest(textsWith({ context }), run).request).toMatchObject({ build: { context } })
  })

  test('the tag of the run is the default, whatever it contains', () => {
    const order = validateRequest(textsWith({ command: 'plan' }), runIn(workspace, { tag: 'build/7' }))
    expect(order.request).toMatchObject({ gitTag: 'build/7' })
  })
})

describe('what is refused: the input, what was given, what is wrong with it, the way out', () => {
  const directory = (path: string): string => `${workspace}/${path}`
  test.each([
    {
      given: { command: 'relase' },
      error:
        'The input command is "relase": there is no such value. Did you mean release? Allowed are release, plan',
    },
    {
      given: { 'on-existing': 'ignore' },
      error:
        'The input on-existing is "ignore": there is no such value. Allowed are same-revision, reuse, fail, overwrite.',
    },
    {
      given: { stable: 'on-release ' },
      error:
        'The input stable is "on-release ": there is no such value. Did you mean on-release? Allowed are on-release, on-promotion.',
    },
    {
      given: { registry: 'https://ghcr.io' },
      error:
        'The input registry is "https://ghcr.io": it is an address; leave "https://" out. Write ghcr.io.',
    },
    {
      given: { registry: 'https://ghcr.io/dmwm/' },
      error:
        'The input registry is "https://ghcr.io/dmwm/": it is an address; leave "https://" out. Write ghcr.io, and dmwm into the input project.',
    },
    {
      given: { project: '/cmsweb/' },
      error: 'The input project is "/cmsweb/": it has an empty part. Write cmsweb.',
    },
    {
      given: { tag: 'refs/heads/main' },
      error: 'The input tag is "refs/heads/main": it is a branch. Write the name of a git tag.',
    },
    {
      given: { tag: '2.3.4\n2.3.5' },
      error: 'The input tag is "2.3.4\\n2.3.5": no git tag has white space. Write the name of one git tag.',
    },
    {
      given: { project: 'CMSWeb' },
      error: 'The input project is "CMSWeb": "CMSWeb" has capitals. Write cmsweb.',
    },
    {
      given: { service: 'cms/reqmgr2' },
      error:
        'The input service is "cms/reqmgr2": it contains "/". Write the path before the last "/" into the input project.',
    },
    {
      given: { service: 'reqmgr2:2.3' },
      error:
        'The input service is "reqmgr2:2.3": "reqmgr2:2.3" is not of a-z and 0-9 with single ".", "_", "__" or "-" between. Write the name alone, reqmgr2; the tag comes from the git tag.',
    },
    {
      given: { tag: 'refs/tags/2.3.4' },
      error: 'The input tag is "refs/tags/2.3.4": it is a whole ref. Write 2.3.4.',
    },
    {
      given: { context: 'nowhere' },
      error: `The input context is "nowhere": there is no directory ${directory('nowhere')}. Write a directory of the workspace; a step with actions/checkout must come before this one.`,
    },
    {
      given: { context: 'Dockerfile' },
      error:
        'The input context is "Dockerfile": it is a file. Write a directory of the workspace, and the Dockerfile into the input file.',
    },
    {
      given: { context: '--push' },
      error:
        'The input context is "--push": it begins with "-". Write a directory of the workspace, such as ./service.',
    },
    {
      given: { context: 'bare' },
      error:
        'The input context is "bare": it has no Dockerfile. Write the directory that has one, or name it with the input file; a step with actions/checkout must come before this one.',
    },
    {
      given: { context: 'bare', file: 'file' },
      error: `The input file is "file": there is no file ${directory('file')}. Paths start from the workspace: write bare/file.`,
    },
    {
      given: { file: 'nowhere' },
      error: `The input file is "nowhere": there is no file ${directory('nowhere')}. Write its path from the workspace.`,
    },
    {
      given: { digest: 'sha256:abc' },
      error:
        'The input digest is "sha256:abc": it is not a digest. Write it whole and alone, sha256: and 64 hexadecimal digits, as the output digest has it.',
    },
    {
      given: { digest },
      error: `The input digest is "${digest}": release does not know it before it has built. Leave it out, or use the command promote or verify.`,
    },
    ...['username', 'password'].map(missing => ({
      given: missing === 'username' ? { password: 's3cret' } : { username: 's3cret' },
      error: `The input ${missing} is empty, and ${missing === 'username' ? 'password' : 'username'} is not. Give both, or neither to use the login that docker has. A secret or variable that does not exist is empty too: check its name, and that this repository may read it.`,
    })),
  ])('$given', ({ given, error }) => {
    expect(refusal(given, run)).toContain(`invalid-input: ${error}`)
  })

  test('no tag, on a branch', () => {
    expect(refusal({}, runIn(workspace, { tag: undefined, ref: 'branch main' }))).toBe(
      'invalid-input: There is no git tag to release: the input tag is empty, and the run is for branch main. Run the workflow on a tag (on: push: tags), or give the input tag.',
    )
  })

  test.each([
    'https://user:s3cret@github.com/dmwm/a.git',
    'http://:s3cret@localhost/a.git',
    'ssh://git:s3cret@github.com/dmwm/a.git',
    'https://user:s3cret@github.com:dmwm/a.git',
    'HTTPS://user:s3cret@github.com/dmwm/a.git',
    'https://s3cret@github.com/dmwm/a.git',
  ])('a password in the context %s, which is not repeated', context => {
    const error = refusal({ context }, run)
    expect(error).toMatch(/^invalid-input: The input context seems to have a password or a token in it/)
    expect(error).toContain('--secret=id=GIT_AUTH_TOKEN,env=')
    expect(error).not.toContain('s3cret')
  })
})
