import { describe, expect, test } from 'vitest'
import {
  isCacheFailure,
  isDiskFull,
  isLastingRefusal,
  isPushFailure,
  isRetryableFailure,
  refusedBaseImage,
  refusedOption,
  tellingLine,
} from '../../src/docker/failures.ts'

const REFERENCE = 'registry.example/cmswmcore/reqmgr2:2.3.4'

/** What docker wrote, as it is read. */
const failed = (tail: string) => ({ tail, lastLine: tellingLine(tail) })

const SCOPE =
  'access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'

/** BuildKit's output for a step that failed. */
const buildkit = (step: string, error: string, said = ''): string =>
  `#2 ${step}\n#2 ERROR: ${error}\n------\n > ${step}:\n${said}------\nDockerfile:1\n--------------------\n   1 | >>> FROM x\n--------------------\nERROR: failed to solve: ${error}\n`

/** BuildKit's output for a base image whose description could not be had. */
const noMetadata = (image: string, error: string): string =>
  buildkit(
    `[internal] load metadata for ${image}`,
    `${image}: failed to resolve source metadata for ${image}: ${error}`,
  )

/** The legacy builder's, which it writes in this order. */
const legacy = (steps: string, error: string): string =>
  `Sending build context to Docker daemon  3.072kB\r\r\n${steps}${error}\n`

describe('what docker says when a base image may not be pulled', () => {
  test.each([
    {
      what: 'BuildKit, a token without the right',
      tail: noMetadata('registry.example/secret/base:1', `pull ${SCOPE}`),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'BuildKit, a token that is not given',
      tail: noMetadata(
        'registry.example/secret/base:1',
        'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://registry.example/token?scope=repository%3Asecret%2Fbase%3Apull: 401 Unauthorized',
      ),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'BuildKit, no login',
      tail: noMetadata(
        'other.example/cms/base:1',
        'unexpected status from HEAD request to https://other.example/v2/cms/base/manifests/1: 401 Unauthorized',
      ),
      image: 'other.example/cms/base:1',
    },
    {
      what: 'BuildKit, an image of the repository that is pushed',
      tail: noMetadata(
        'registry.example/cmswmcore/reqmgr2:2.3.3',
        'unexpected status from HEAD request to https://registry.example/v2/cmswmcore/reqmgr2/manifests/2.3.3: 403 Forbidden',
      ),
      image: 'registry.example/cmswmcore/reqmgr2:2.3.3',
    },
    {
      what: 'BuildKit, the syntax of the Dockerfile',
      tail: buildkit(
        'resolve image config for docker-image://registry.example/secret/base:1',
        `failed to resolve source metadata for registry.example/secret/base:1: pull ${SCOPE}`,
      ),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'BuildKit, a layer',
      tail: buildkit(
        `[1/2] FROM registry.example/secret/base:1@sha256:${'0'.repeat(64)}`,
        `failed to copy: httpReadSeeker: failed open: pull ${SCOPE}`,
      ),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'BuildKit with --progress=quiet',
      tail: `ERROR: failed to solve: base:1: failed to resolve source metadata for docker.io/library/base:1: pull ${SCOPE}\n`,
      image: 'docker.io/library/base:1',
    },
    {
      what: 'the legacy builder, a token without the right',
      tail: legacy(
        'Step 1/2 : FROM registry.example/secret/base:1\n',
        "pull access denied for registry.example/secret/base, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      ),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'the legacy builder, no login',
      tail: legacy(
        'Step 1/2 : FROM --platform=linux/amd64 other.example/cms/base:1 AS base\n',
        'Head "https://other.example/v2/cms/base/manifests/1": no basic auth credentials',
      ),
      image: 'other.example/cms/base:1',
    },
    {
      what: 'the legacy builder, another stage',
      tail: legacy(
        'Step 1/3 : FROM scratch\n ---> \nStep 2/3 : COPY f /f\n ---> a1ebd90cd08c\nStep 3/3 : COPY --from=registry.example/secret/base:1 /x /x\n',
        "invalid from flag value registry.example/secret/base:1: pull access denied for registry.example/secret/base, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      ),
      image: 'registry.example/secret/base:1',
    },
    {
      what: 'podman',
      tail: 'STEP 1/2: FROM other.example/cms/base:1\nTrying to pull other.example/cms/base:1...\nError: creating build container: initializing source docker://other.example/cms/base:1: reading manifest 1 in other.example/cms/base: unauthorized: authentication required\n',
      image: 'other.example/cms/base:1',
    },
  ])('$what', ({ tail, image }) => {
    expect(refusedBaseImage(failed(tail))).toBe(image)
    expect(isPushFailure(failed(tail), REFERENCE)).toBe(false)
  })
})

describe('what is not the refusal of a base image', () => {
  test.each([
    {
      what: 'a registry that is down',
      tail: noMetadata(
        '127.0.0.1:1/a/b:1',
        'failed to do request: Head "https://127.0.0.1:1/v2/a/b/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused',
      ),
    },
    {
      what: 'a token server that is overloaded',
      tail: noMetadata(
        'registry.example/secret/base:1',
        'failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://registry.example/token: 503 Service Unavailable',
      ),
    },
    {
      what: 'a step that is refused something itself',
      tail: buildkit(
        '[2/2] RUN git clone https://git.example/private',
        'process "/bin/sh -c git clone https://git.example/private" did not complete successfully: exit code: 128',
        '0.211 remote: HTTP Basic: access denied\n',
      ),
    },
    {
      what: 'a step of the legacy builder that is refused something itself',
      tail: legacy(
        'Step 1/2 : FROM scratch\n ---> \nStep 2/2 : RUN fetch\n ---> Running in a1ebd90cd08c\n',
        'unauthorized: no such token',
      ),
    },
    {
      what: 'a step that fails to push something itself',
      tail: buildkit(
        '[2/2] RUN git push',
        'process "/bin/sh -c git push || echo failed to push" did not complete successfully: exit code: 1',
        '0.211 error: failed to push some refs\n',
      ),
    },
  ])('$what', ({ tail }) => {
    expect(refusedBaseImage(failed(tail))).toBeUndefined()
    expect(isPushFailure(failed(tail), REFERENCE)).toBe(false)
  })
})

describe('what docker says when a push fails', () => {
  const exporting = (error: string): string => buildkit('exporting to image', error)
  const classic = (error: string): string =>
    `#6 pushing ${REFERENCE} with docker\n#6 ERROR: ${error}\n------\n > pushing ${REFERENCE} with docker:\n------\nERROR: ${error}\n`
  test.each([
    {
      what: 'BuildKit, refused',
      tail: exporting(`failed to push ${REFERENCE}: push ${SCOPE}`),
      passes: false,
    },
    {
      what: 'BuildKit, no login',
      tail: exporting(
        `failed to push ${REFERENCE}: unexpected status from HEAD request to https://registry.example/v2/cmswmcore/reqmgr2/blobs/sha256:d0: 401 Unauthorized`,
      ),
      passes: false,
    },
    {
      what: 'BuildKit, an overloaded registry',
      tail: exporting(
        `failed to push ${REFERENCE}: unexpected status from PUT request to https://registry.example/v2/cmswmcore/reqmgr2/manifests/2.3.4: 503 Service Unavailable`,
      ),
      passes: true,
    },
    {
      what: 'BuildKit of before, without the words of a push',
      tail: exporting('server message: insufficient_scope: authorization failed'),
      passes: false,
    },
    {
      what: 'the classic store, refused',
      tail: classic('denied: requested access to the resource is denied'),
      passes: false,
    },
    { what: 'the classic store, no login', tail: classic('no basic auth credentials'), passes: false },
    {
      what: 'the classic store, a bad gateway',
      tail: classic('received unexpected HTTP status: 502 Bad Gateway'),
      passes: true,
    },
    {
      what: 'a refusal, after a step that could not reach something',
      tail: `#4 0.123 wget: can't connect: Connection refused\n${classic('denied: requested access to the resource is denied')}`,
      passes: false,
    },
  ])('$what', ({ tail, passes }) => {
    expect(isPushFailure(failed(tail), REFERENCE)).toBe(true)
    expect(isRetryableFailure(failed(tail))).toBe(passes)
    expect(refusedBaseImage(failed(tail))).toBeUndefined()
  })
})

test.each([
  ['received unexpected HTTP status: 500 Internal Server Error', true],
  ['received unexpected HTTP status: 599 Unknown', true],
  ['failed commit on ref "layer-sha256:d0": unexpected status: 502 Bad Gateway', true],
  ['unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 520 <unknown>', true],
  [
    'failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/a/blobs/sha256:d0: 503 Service Unavailable',
    true,
  ],
  [
    'unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 429 Too Many Requests',
    true,
  ],
  [
    'error parsing HTTP 429 response body: invalid character \'<\' looking for beginning of value: "<html>"',
    true,
  ],
  ['toomanyrequests: You have reached your pull rate limit', true],
  ['login attempt to https://r.example/v2/ failed with status: 503 Service Unavailable', true],
  [
    'Error: writing blob: initiating layer upload: invalid status code from registry 504 (Gateway Timeout)',
    true,
  ],
  ['Put "https://r.example/v2/": net/http: TLS handshake timeout', true],
  ['dial tcp 127.0.0.1:5000: connect: connection refused', true],
  ['Get "https://r.example/v2/": EOF', true],
  ['write tcp 10.0.0.1:41240->10.0.0.2:443: use of closed network connection', true],
  ['read tcp 10.0.0.1:41240->10.0.0.2:443: read: connection timed out', true],
  ['http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR', true],
  ['local error: tls: bad record MAC', true],
  ['failed to solve: DeadlineExceeded: context deadline exceeded', true],
  ['failed to solve: DeadlineExceeded', true],
  // Known only to be tried again for a push.
  ['unknown blob', false],
  ['#4 transferring context: 512 B done', false],
  ['#4 transferring context: 512B done', false],
  ['Sending build context to Docker daemon  512 B', false],
  ['#5 sha256:d0c1 500 B / 512 B 0.1s done', false],
  ['a1ebd90cd08c: Pushing [====>   ]     512 B/1.2 kB', false],
  ['2.3.4: digest: sha256:6f42 size: 523', false],
  ['#7 pushing layer 09e0e62e8772 503 s', false],
  ['ERROR: failed to solve: cannot copy to 512 files', false],
  ['unexpected status from PUT request to https://r.example/v2/a/manifests/1: 501 Not Implemented', false],
  ['unexpected status from PUT request to https://r.example/v2/a/manifests/1: 401 Unauthorized', false],
  ['unexpected status from PUT request to https://r.example:500/v2/a/manifests/1: 404 Not Found', false],
  ['denied: requested access to the resource is denied', false],
])('%s may pass: %s', (lastLine, passes) => {
  expect(isRetryableFailure({ lastLine })).toBe(passes)
})

const PUT = 'failed to push: unexpected status from PUT request to https://r.example/v2/a/manifests/1:'

test.each([
  ['denied: requested access to the resource is denied', true],
  [`push ${SCOPE}`, true],
  ['unauthorized: unauthorized to access repository: a/b, action: push', true],
  [`${PUT} 401 Unauthorized`, true],
  [`${PUT} 403 Forbidden`, true],
  ['denied: adding 29.0 MiB of storage resource, which will exceed the configured upper limit', true],
  ['unknown: Quota exceeded when processing the request of adding 1.3 MiB', true],
  ['unexpected status from POST request to http://r.example/v2/a/blobs/uploads/: 413 Too Large', true],
  ['error parsing HTTP 413 response body: "<h1>413 Request Entity Too Large</h1>"', true],
  [`${PUT} 412 Precondition Failed`, true],
  [`${PUT} 409 Conflict`, true],
  ["tag invalid: The image tag '1' already exists and cannot be overwritten because it is fixed", true],
  ["TAG_INVALID: The image tag '1' cannot be overwritten because the tag is immutable", true],
  ["unknown: Failed to process request due to 'a/b:1' configured as immutable.", true],
  ['Repository does not allow updating assets: releases', true],
  ['name unknown: The repository with name a does not exist in the registry', true],
  ['project cmswmcore not found', true],
  [`${PUT} 400 Bad Request`, true],
  ['manifest invalid: manifest invalid', true],
  ['NAME_INVALID: invalid repository name', true],
  ['use of closed network connection', false],
  ['read: connection timed out', false],
  ['http2: server sent GOAWAY and closed the connection', false],
  ['local error: tls: bad record MAC', false],
  ['unknown blob', false],
  ['blob upload unknown: blob upload unknown to registry', false],
  [`${PUT} 404 Not Found`, false],
  [`${PUT} 503 Service Unavailable`, false],
  ['unauthorized: token server failed with status: 503 Service Unavailable', false],
  ['rpc error: code = Canceled desc = grpc: the client connection is closing: unknown', false],
  ['pushed 413 of 512 layers', false],
])('a push that ends with %s is refused for good: %s', (lastLine, lasting) => {
  expect(isLastingRefusal({ lastLine })).toBe(lasting)
})

test.each([
  {
    tail: "unknown flag: --platfrm\nSee 'docker buildx build --help'.\n",
    found: { option: '--platfrm', why: 'unknown flag: --platfrm' },
  },
  {
    tail: "unknown flag: --platfrm\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information\n",
    found: { option: '--platfrm', why: 'unknown flag: --platfrm' },
  },
  {
    tail: 'DEPRECATED: The legacy builder is deprecated\n\nunknown flag: --platfrm\n',
    found: { option: '--platfrm', why: 'unknown flag: --platfrm' },
  },
  {
    tail: 'Error: unknown flag: --platfrm\n',
    found: { option: '--platfrm', why: 'unknown flag: --platfrm' },
  },
  {
    tail: 'invalid argument "x" for "--shm-size" flag: invalid size: \'x\'\n',
    found: { option: '--shm-size', why: 'invalid argument "x" for "--shm-size" flag: invalid size: \'x\'' },
  },
  // One of the action's own: the docker here is too old.
  { tail: 'unknown flag: --metadata-file\n', found: undefined },
  { tail: '#5 0.1 unknown flag: --platfrm\nERROR: failed to solve\n', found: undefined },
])('an option that docker refuses: $tail', ({ tail, found }) => {
  expect(refusedOption(failed(tail), ['--pull', '--platfrm=linux/arm64', '--shm-size=x'])).toEqual(found)
})

test.each([
  {
    tail: `#5 pushing manifest for ${REFERENCE}@sha256:d0 0.1s done\n${buildkit('exporting cache to registry', `error writing layer blob: push ${SCOPE}`)}`,
    is: true,
  },
  ...[
    'exporting to GitHub Actions Cache',
    'exporting inline cache',
    'exporting content cache',
    'exporting cache to client directory',
    'exporting cache',
  ].map(step => ({ tail: buildkit(step, 'failed to reserve cache'), is: true })),
  {
    tail: `------\n > importing cache manifest from gha:1:\n------\n${buildkit('exporting cache', 'unavailable')}`,
    is: true,
  },
  { tail: buildkit('exporting to image', `failed to push ${REFERENCE}: push ${SCOPE}`), is: false },
  { tail: buildkit('[2/2] RUN echo exporting cache to registry', 'process "x" did not complete'), is: false },
])('a cache that could not be written: $is', ({ tail, is }) => {
  expect(isCacheFailure(failed(tail))).toBe(is)
})

test.each([
  {
    what: 'a step that says so',
    tail: buildkit(
      '[2/2] RUN cp /a /b',
      'process "/bin/sh -c cp /a /b" did not complete successfully: exit code: 1',
      '0.2 cp: write error: No space left on device\n',
    ),
    full: true,
  },
  {
    what: 'BuildKit itself',
    tail: buildkit('exporting to image', 'failed to copy: write /var/lib/docker/x: no space left on device'),
    full: true,
  },
  {
    what: 'the legacy builder',
    tail: legacy(
      'Step 2/2 : COPY a /a\n',
      'Error processing tar file(exit status 1): write /a: no space left on device',
    ),
    full: true,
  },
  {
    what: 'another failure',
    tail: buildkit(
      '[2/2] RUN false',
      'process "/bin/sh -c false" did not complete successfully: exit code: 1',
    ),
    full: false,
  },
])('a full disk, $what: $full', ({ tail, full }) => {
  expect(isDiskFull(failed(tail))).toBe(full)
})
