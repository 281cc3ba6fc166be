import { expect, test } from 'vitest'
import { makeClient, PATH } from './client-of.ts'
import { serve } from './serve.ts'

const BOB = { kind: 'password', username: 'robot$cmswmcore+release', password: 'correct horse' } as const
const NOBODY = { kind: 'anonymous' } as const

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly challenge?: string
}

/** Harbor 2.15.2: everybody gets a token, and what that lacks is said when it is used. `refuses` is given the method. */
const startHarbor = async (refuses: (method: string) => Refusal | undefined) => {
  const harbor = await serve(({ url = '', method = '', headers: { authorization } }, response) => {
    if (url.startsWith('/service/token')) return response.end('{"token":"t0ken-of-harbor","expires_in":1800}')
    const bearer = `Bearer realm="http://${harbor.host}/service/token",service="harbor-registry"`
    if (authorization === undefined && url === '/v2/')
      return response.writeHead(401, { 'www-authenticate': bearer }).end()
    const refusal = refuses(method)
    if (refusal === undefined) return response.writeHead(404).end()
    const { status, code, message, challenge } = refusal
    return response
      .writeHead(status, challenge === undefined ? {} : { 'www-authenticate': challenge })
      .end(method === 'HEAD' ? undefined : JSON.stringify({ errors: [{ code, message }] }))
  })
  return harbor
}

test.each([BOB, NOBODY])('a project that does not exist: 401 without a challenge, for $kind', async who => {
  const message = 'project cmswmcore not found: project cmswmcore not found'
  const harbor = await startHarbor(() => ({ status: 401, code: 'UNAUTHORIZED', message, challenge: '' }))
  using client = makeClient(harbor.host, { credentials: who })
  for (const ask of [() => client.headTag('2.3.4'), client.listTags])
    await expect(ask()).rejects.toMatchObject({
      name: 'registry-denied',
      what: expect.stringContaining(message),
      remedy: expect.stringContaining('Check project'),
    })
})

test('a missing right: 401 Basic to an account that has just read', async () => {
  const message = `unauthorized to access repository: ${PATH}, action: push: unauthorized to access repository`
  const challenge = 'Basic realm="harbor"'
  const harbor = await startHarbor(method =>
    method === 'POST' ? { status: 401, code: 'UNAUTHORIZED', message, challenge } : undefined,
  )
  using client = makeClient(harbor.host, { credentials: BOB })
  expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
  await expect(client.requireWritable()).rejects.toMatchObject({
    name: 'registry-denied',
    what: expect.stringMatching(/^The account may not push to .*action: push/),
    remedy: expect.stringContaining('needs push and pull'),
  })
  // The password goes to the token server alone.
  const sent = harbor.asked.filter(({ line }) => line.includes(`/v2/${PATH}/`))
  for (const { headers } of sent) expect(headers.authorization).toMatch(/^Bearer /)
})

const QUOTA =
  'adding 29.0 MiB of storage resource, which when updated to current usage of 1.0 GiB will exceed the configured upper limit of 1.0 GiB.'
const READ_ONLY = 'the system is in read only mode, any modification is prohibited'
const POLICY = `current image with 15 vulnerabilities cannot be pulled due to configured policy in 'Prevent images with vulnerability severity of "Low" or higher from running.' ${'x '.repeat(200)}To continue with pull, please contact your project administrator for help.`
test.each([
  { status: 403, code: 'DENIED', message: QUOTA, name: 'registry-denied', remedy: 'quota' },
  { status: 403, code: 'DENIED', message: READ_ONLY, name: 'registry-denied', remedy: 'read-only mode' },
  {
    status: 412,
    code: 'PROJECTPOLICYVIOLATION',
    message: POLICY,
    name: 'registry-refused',
    remedy: 'policy',
  },
  {
    status: 412,
    code: 'PROJECTPOLICYVIOLATION',
    message: 'The image is not signed by cosign.',
    name: 'registry-refused',
    remedy: 'policy',
  },
])('$status $code: its whole reason is quoted: $message', async ({ name, remedy, ...refusal }) => {
  const harbor = await startHarbor(() => refusal)
  using client = makeClient(harbor.host, { credentials: BOB })
  const asked = refusal.status === 403 ? client.requireWritable() : client.getManifest('2.3.4')
  await expect(asked).rejects.toMatchObject({
    name,
    what: expect.stringContaining(refusal.message),
    remedy: expect.stringContaining(remedy),
  })
})

test.each([
  { path: 'reqmgr2', asks: true },
  { path: PATH, asks: false },
])('a name that is not valid there asks for project only without one: $path', async ({ path, asks }) => {
  const refusal = { status: 400, code: 'BAD_REQUEST', message: `invalid repository name: ${path}` }
  const harbor = await startHarbor(() => refusal)
  using client = makeClient(harbor.host, { credentials: BOB, path })
  for (const ask of [() => client.headTag('2.3.4'), client.requireWritable]) {
    const error = await ask().catch(String)
    expect(error).toContain(refusal.message)
    expect(String(error).includes('Is project missing?')).toBe(asks)
  }
})
