import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stableRelease } from '../e2e/command-line.ts'

/** What a workflow has, and whoever types a command has not. */
const OF_WORKFLOWS =
  /(?<!standard )\binputs?\b|\bjobs?\b|\bworkflows?\b|\bworkspace\b|\brunners?\b|with:|checkout@|actions\/|(?<![\w./-])(?:on-existing|(?:require|checks|package|policy|build|github)-[a-z]+)\b/i

let folder: string
let server: Server
let registry: string
/** Another registry, that has nothing. */
let missing: string
let empty: Server
/** How the registry answers: the status, and the headers beside it. */
let answer: { status: number; headers?: Record<string, string>; body?: string }

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `localhost:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'words-'))
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n')
  server = createServer((_, response) => {
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  empty = createServer((_, response) => {
    response.writeHead(404).end()
  })
  ;[registry, missing] = [await listen(server), await listen(empty)]
})
afterAll(() => {
  server.close()
  empty.close()
  rmSync(folder, { recursive: true })
})

/** What the command line says of a failure. */
const failing = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const path = dirname(process.execPath)
  const { exitCode, stderr } = await stableRelease(args, {
    cwd: folder,
    env: { PATH: path, HOME: folder, ...env },
  })
  expect(exitCode, stderr).not.toBe(0)
  expect(stderr).toMatch(/^error: /m)
  return stderr
}

const IMAGE = ['reqmgr2', '2.3.4', 'registry.example', 'cmsweb']

test.each([
  ['build', ...IMAGE, '--context=nowhere'],
  ['build', ...IMAGE, '--context=Dockerfile'],
  ['build', ...IMAGE, '--context=-x'],
  ['build', ...IMAGE, '--context=/'],
  ['build', ...IMAGE, '--context=https://a:b@example.org/x.git'],
  ['build', ...IMAGE, '--file=nowhere'],
  ['build', ...IMAGE, '--file=/'],
  ['build', ...IMAGE, '--build-args=A B'],
  ['build', ...IMAGE, '--build-args=TAG=1'],
  ['build', ...IMAGE, '--labels=alone'],
  ['build', ...IMAGE, '--labels=org.opencontainers.image.version=1'],
  ['build', ...IMAGE, '--build-options=-t'],
  ['build', ...IMAGE, '--build-options=--push'],
  ['build', ...IMAGE, '--build-options=--file=a'],
  ['build', ...IMAGE, '--build-options=--a=1 --b=2'],
  ['build', ...IMAGE, '--build-options=--a b'],
  ['build', ...IMAGE, '--build-options=--cache-to=registry.example/cmsweb/reqmgr2:2.3.4'],
  ['build', ...IMAGE, '--username=bob'],
  ['push', ...IMAGE, '--on-existing=never'],
  ['push', ...IMAGE, '--stable=never'],
  ['push', ...IMAGE, '--require-checks=testbed'],
  ['push', ...IMAGE, '--checks-timeout=7h'],
  ['release', ...IMAGE, '--package=../x'],
  ['release', ...IMAGE, '--package=x', '--package-index=https://a:b@example.org/'],
  ['release', ...IMAGE, '--package=x', '--package-index=example.org'],
  ['release', 'reqmgr2', 'nightly', 'registry.example', '--package=x'],
  ['verify', ...IMAGE, '--digest=latest'],
  ['plan', 'a/b', '2.3.4', 'registry.example'],
  ['plan', 'A', '2.3.4', 'registry.example'],
  ['plan', 'a:1', '2.3.4', 'registry.example'],
  ['plan', 'a\nb', '2.3.4', 'registry.example'],
  ['plan', 'a', 'refs/tags/1', 'registry.example'],
  ['plan', 'a', 'refs/heads/1', 'registry.example'],
  ['plan', 'a', '1 2', 'registry.example'],
  ['plan', 'a', 'feature/x', 'registry.example'],
  ['plan', 'a', '1', 'https://registry.example/x'],
  ['plan', 'a', '1', 'bob:s3cret@registry.example'],
  ['plan', 'a', '1', 'registry'],
  ['plan', 'a', '1', 'registry.example', 'X//y'],
  ['plan', ...IMAGE, '--policy=wmcor'],
  ['plan', ...IMAGE, '--policy=a.txt'],
  ['plan', ...IMAGE, '--policy=final: X => X'],
  ['plan', ...IMAGE, '--policy-file=nowhere'],
  ['plan', ...IMAGE, '--policy-file=/'],
  ['plan', ...IMAGE, '--policy-file=Dockerfile', '--policy=crab'],
  ['plan', 'A', '1 2', 'x/y', 'X', '--policy=wmcor'],
  ['explain', '--policy-file=nowhere'],
  ['explain', '--policy=final: X => X'],
])('no words of workflows: %s %s %s %s %s %s', async (...args) => {
  expect(await failing(args)).not.toMatch(OF_WORKFLOWS)
})

test.each([
  { what: 'asks for a password', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
  { what: 'asks for nothing known', status: 401, headers: {} },
  { what: 'asks for a token elsewhere', status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } },
  { what: 'refuses', status: 403 },
  { what: 'has nothing', status: 404 },
  {
    what: 'stands against it',
    status: 412,
    body: '{"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"x"}]}',
  },
  { what: 'is no registry', status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' },
])('no words of workflows where the registry $what', async given => {
  answer = given
  for (const command of ['verify', 'promote', 'push', 'release']) {
    const said = await failing([command, 'reqmgr2', '2.3.4', registry, 'cmsweb'])
    expect(said).not.toMatch(OF_WORKFLOWS)
  }
})

test.each([
  { status: 401, commands: ['release', 'promote', 'verify'] },
  { status: 403, commands: ['release', 'promote', 'verify'] },
  { status: 404, commands: ['promote'] },
])(
  'asks for the project if there is none, and the registry answers $status',
  async ({ status, commands }) => {
    answer = { status, headers: status === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {} }
    for (const command of commands) {
      const order = [command, 'reqmgr2', '2.3.4', registry]
      expect(await failing([...order, ''])).toMatch(/ Is <project> missing\?$/m)
      expect(await failing([...order, 'cmswmcore'])).not.toContain('missing?')
    }
  },
)

test.each([
  { what: 'is not logged in', says: 'unauthorized: access denied', login: true },
  { what: 'can not build', says: 'ERROR: failed to solve: process did not complete', login: false },
  {
    what: 'can not push',
    says: 'ERROR: failed to push localhost/cmsweb/reqmgr2:2.3.4: denied',
    login: false,
  },
])('no words of workflows where docker $what', async ({ says, login }) => {
  answer = { status: 404 }
  const docker = `#!/bin/sh\necho '${says}' >&2\n[ "$1" = version ]\n`
  writeFileSync(join(folder, 'docker'), docker, { mode: 0o755 })
  const env = {
    PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin`,
    ...(login ? { STABLE_RELEASE_PASSWORD: 'x' } : {}),
  }
  const account = login ? ['--username=bob'] : []
  for (const command of ['build', 'release']) {
    const said = await failing([command, 'reqmgr2', '2.3.4', registry, 'cmsweb', ...account], env)
    expect(said).not.toMatch(OF_WORKFLOWS)
  }
})

test.each([
  { what: 'does not accept the token', status: 401 },
  { what: 'refuses', status: 403 },
  { what: 'does not show the repository', status: 404 },
  { what: 'does not know the git tag', status: 422 },
])('no words of workflows where GitHub $what', async given => {
  answer = { ...given, headers: { 'content-type': 'application/json' }, body: '{"message":"no"}' }
  const env = { GITHUB_TOKEN: 'x', GITHUB_REPOSITORY: 'dmwm/WMCore', GITHUB_API_URL: `http://${registry}` }
  // The registry is asked first, and has nothing there.
  const said = await failing(
    ['release', 'reqmgr2', '2.3.4', missing, 'cmsweb', '--require-checks=testbed'],
    env,
  )
  expect(said).toMatch(/GitHub|: GET/)
  expect(said).not.toMatch(OF_WORKFLOWS)
})
