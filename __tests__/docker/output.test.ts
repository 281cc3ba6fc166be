import { expect, test } from 'vitest'
import { isCacheFailure, refusedOption } from '../../src/docker/build-failure.ts'
import { imageNotPulled, isRetryableFailure, lastOfStep, tellingLine } from '../../src/docker/output.ts'
import { isLastingRefusal, isPushFailure } from '../../src/docker/push.ts'

const REFERENCE = 'registry.example/cmswmcore/reqmgr2:2.3.4'
const OPTIONS = ['--pull', '--platfrm=linux/arm64', '--shm-size=x']

/** What failed, by a text of docker's, and whether that may pass or will last; nobody knows without either. */
function meaningOf(tail: string): string {
  const failed = { tail, lastLine: tellingLine(tail) }
  const image = imageNotPulled(failed)
  const parts = [
    isCacheFailure(failed) && 'cache',
    isPushFailure(failed, REFERENCE) && 'push',
    image !== undefined && `base ${image}`,
    refusedOption(failed, OPTIONS) !== undefined && 'option',
    isRetryableFailure(failed) && 'passes',
    isLastingRefusal(failed) && 'lasts',
  ]
  return parts.filter(Boolean).join(', ') || 'build'
}

const SCOPE =
  'access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'
const DENIED = 'denied: requested access to the resource is denied'
const NO_PULL = `pull access denied for a/base, repository does not exist or may require 'docker login': ${DENIED}`
const BASE = 'registry.example/secret/base:1'

/** BuildKit's output for a step that failed. */
function buildkit(step: string, error: string, said = ''): string {
  return `#2 ${step}\n#2 ERROR: ${error}\n------\n > ${step}:\n${said}------\nDockerfile:1\n--------------------\n   1 | >>> FROM x\n--------------------\nERROR: failed to solve: ${error}\n`
}

/** BuildKit's output for a base image whose description could not be had. */
function noMetadata(image: string, error: string): string {
  const failed = `${image}: failed to resolve source metadata for ${image}: ${error}`
  return buildkit(`[internal] load metadata for ${image}`, failed)
}

/** The legacy builder's: its steps, and what is wrong. */
function legacy(...lines: string[]): string {
  return ['Sending build context to Docker daemon  3.072kB\r\r', ...lines, ''].join('\n')
}

function exporting(error: string): string {
  return buildkit('exporting to image', error)
}

/** What a classic engine says when BuildKit has built, and it pushes. */
function classic(error: string): string {
  return `#6 pushing ${REFERENCE} with docker\n#6 ERROR: ${error}\n------\n > pushing ${REFERENCE} with docker:\n------\nERROR: ${error}\n`
}

const PUT = 'unexpected status from PUT request to https://r.example/v2/a/manifests/1:'
const NO_IMPORT = '------\n > importing cache manifest from gha:1:\n------\n'

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  [`base ${BASE}, lasts`]: [
    noMetadata(BASE, `pull ${SCOPE}`),
    noMetadata(BASE, 'failed to authorize: status from GET request to https://r/t: 401 Unauthorized'),
    buildkit(`resolve image config for docker-image://${BASE}`, `pull ${SCOPE}`),
    buildkit(`[1/2] FROM ${BASE}@sha256:${'0'.repeat(64)}`, `failed to copy: failed open: pull ${SCOPE}`),
    `${NO_IMPORT}${buildkit(`[a 1/2] FROM ${BASE}`, `pull ${SCOPE}`)}`,
    `ERROR: failed to solve: base:1: failed to resolve source metadata for ${BASE}: pull ${SCOPE}\n`,
    legacy(`Step 1/2 : FROM ${BASE}`, NO_PULL),
    legacy(`Step 1/2 : FROM --platform=linux/amd64 ${BASE} AS x`, 'Head "/v2/": no basic auth credentials'),
    legacy('Step 2/2 : COPY --from=x /x /x', `invalid from flag value ${BASE}: ${NO_PULL}`),
    `Error: initializing source docker://${BASE}: reading manifest 1 in b: unauthorized: authentication required\n`,
  ],
  [`base ${BASE}, passes`]: [
    noMetadata(BASE, 'Head "https://registry.example/v2/": connect: connection refused'),
    noMetadata(BASE, 'unauthorized: status from POST request to https://r/t: 503 Unavailable'),
    noMetadata(BASE, 'dial tcp: lookup r.example on 127.0.0.53:53: read udp: i/o timeout'),
  ],
  [`base ${BASE}`]: [
    noMetadata(BASE, 'dial tcp: lookup r.example on 127.0.0.53:53: no such host'),
    noMetadata(BASE, 'dial tcp: lookup r.example on 127.0.0.53:53: server misbehaving'),
    legacy(
      `Step 1/2 : FROM ${BASE}`,
      'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host',
    ),
  ],
  'base registry.example/cmswmcore/reqmgr2:1, lasts': [
    noMetadata('registry.example/cmswmcore/reqmgr2:1', '/v2/cmswmcore/reqmgr2/manifests/1: 403 Forbidden'),
  ],
  'push, lasts': [
    exporting(`failed to push ${REFERENCE}: push ${SCOPE}`),
    // BuildKit of before, without the words of a push.
    exporting('server message: insufficient_scope: authorization failed'),
    classic(DENIED),
    classic('no basic auth credentials'),
    `#4 0.1 wget: can't connect: Connection refused\n${classic(DENIED)}`,
  ],
  'push, passes': [
    exporting(`failed to push ${REFERENCE}: ${PUT} 503 Service Unavailable`),
    exporting('Put "https://registry.example/v2/cmswmcore/reqmgr2/blobs/uploads/": EOF'),
    classic('received unexpected HTTP status: 502 Bad Gateway'),
  ],
  push: [
    exporting(`failed to push ${REFERENCE}: unknown blob`),
    `#5 pushing manifest for ${REFERENCE}@sha256:d0 0.1s done\nERROR: failed to solve: Canceled`,
  ],
  'cache, push, lasts': [
    `#5 pushing manifest for ${REFERENCE}@sha256:d0\n${buildkit('exporting cache to registry', `push ${SCOPE}`)}`,
  ],
  'cache, passes': [buildkit('exporting cache', 'dial tcp: i/o timeout')],
  cache: [
    buildkit('exporting to GitHub Actions Cache', 'failed to reserve cache'),
    buildkit('exporting content cache', 'failed'),
    `${NO_IMPORT}${buildkit('exporting cache', 'unavailable')}`,
  ],
  option: [
    "unknown flag: --platfrm\n\nUsage:  docker build\n\nRun 'docker build --help' for more\n",
    'DEPRECATED: The legacy builder is deprecated\n\nunknown flag: --platfrm\n',
    'Error: unknown flag: --platfrm\n',
    'invalid argument "x" for "--shm-size" flag: invalid size: \'x\'\n',
  ],
  passes: [
    'received unexpected HTTP status: 500 Internal Server Error',
    'failed commit on ref "layer-sha256:d0": unexpected status: 502 Bad Gateway',
    'unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 520 <unknown>',
    'unexpected status code https://r.example/v2/a/blobs/sha256:d0: 503 Service Unavailable',
    `${PUT} 429 Too Many Requests`,
    'error parsing HTTP 429 response body: invalid character \'<\' looking for beginning of value: "<html>"',
    'toomanyrequests: You have reached your pull rate limit',
    'unauthorized: token server failed with status: 503 Service Unavailable',
    'Error: initiating layer upload: invalid status code from registry 504 (Gateway Timeout)',
    'writing blob: uploading layer to https://r.example/v2/a/blobs/uploads/1: StatusCode: 503, <html>',
    'Put "https://r.example/v2/": net/http: TLS handshake timeout',
    'Get "https://r.example/v2/": EOF',
    'write tcp 10.0.0.1:41240->10.0.0.2:443: use of closed network connection',
    'read tcp 10.0.0.1:41240->10.0.0.2:443: read: connection timed out',
    'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'net/http: timeout awaiting response headers',
    'dial tcp 10.0.0.2:443: connect: operation timed out',
    'http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR',
    'local error: tls: bad record MAC',
  ],
  lasts: [
    legacy('Step 1/2 : FROM scratch', ' ---> ', 'Step 2/2 : RUN x', 'unauthorized: no such token'),
    DENIED,
    `${PUT} 400 Bad Request`,
    'writing blob: uploading layer to https://r.example/v2/a/blobs/uploads/1: StatusCode: 403, ',
    `${PUT} 412 Precondition Failed`,
    'denied: adding 29.0 MiB of storage resource, which will exceed the configured upper limit',
    'unknown: Quota exceeded when processing the request of adding 1.3 MiB',
    'error parsing HTTP 413 response body: "<h1>413 Request Entity Too Large</h1>"',
    "tag invalid: The image tag '1' already exists and cannot be overwritten because it is fixed",
    "unknown: Failed to process request due to 'a/b:1' configured as immutable.",
    'Repository does not allow updating assets: releases',
    'name unknown: The repository with name a does not exist in the registry',
    'project cmswmcore not found',
    'NAME_INVALID: invalid repository name',
  ],
  build: [
    buildkit('[2/2] RUN git push', 'process "/bin/sh -c git push || echo failed to push" did not complete'),
    buildkit('[2/2] RUN echo exporting cache to registry', 'process "x" did not complete'),
    // One of the action's own: the docker here is too old.
    'unknown flag: --metadata-file\n',
    '#5 0.1 unknown flag: --platfrm\nERROR: failed to solve\n',
    'unknown blob',
    `${PUT} 404 Not Found`,
    `${PUT} 501 Not Implemented`,
    'unexpected status from PUT request to https://r.example:500/v2/a/manifests/1: 404 Not Found',
    'rpc error: code = Canceled desc = grpc: the client connection is closing: unknown',
    'ERROR: failed to solve: cannot copy to 512 files',
    '#5 sha256:d0c1 500 B / 512 B 0.1s done',
    'pushed 413 of 512 layers',
  ],
}

const ROWS = Object.entries(TEXTS).flatMap(([is, tails]) => tails.map(tail => [is, tellingLine(tail), tail]))
test.each(ROWS)('%s: %s', (meaning, _, tail = '') => expect(meaningOf(tail)).toBe(meaning))

test('of a step that failed, its last lines are quoted without the time', () => {
  const said = '0.1 a\n0.2 b\n\n0.3 c\n0.4 d\n0.5 e\n12.6 \u001b[31mf\n'
  expect(lastOfStep(buildkit('[2/2] RUN x', 'x', said))).toEqual(['b', 'c', 'd', 'e', '\\u001b[31mf'])
})
