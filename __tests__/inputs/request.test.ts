import { describe, expect, test } from 'vitest'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { presets } from '../../src/policy/presets.ts'
import { requestWith, runIn, temporaryFolder, write } from './order.ts'

const workspace = temporaryFolder()
const table = 'final: X.Y -> X.Y | X.Y-stable\nother: * -> *'
write(workspace, {
  Dockerfile: '',
  'docker/service/Dockerfile': '',
  'docker/other': '',
  policy: table,
  'docker/policy': `\uFEFF${table.replaceAll('\n', '\r\n')}\r\n`,
})
const run = runIn(workspace)
const [A, B] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
const github = { apiUrl: 'https://api.github.com', name: 'dmwm/WMCore', token: 't' }
const checks = { names: ['testbed'], timeout: 0, ownRun: '7', repository: github }
const repository = (path: string): object => ({ registry: 'ghcr.io', path })

/** What every command knows by default. */
const always = {
  policy: { rules: [{ name: 'final' }, { name: 'patch' }, { name: 'candidate' }, { name: 'other' }] },
  services: [{ service: 'reqmgr2', repository: repository('reqmgr2'), digest: undefined, mirrors: [] }],
  credentials: undefined,
  stable: 'on-release',
  withRecords: true,
}
/** What every command knows by default that is for one git tag. */
const version = {
  ...always,
  decision: { kind: 'planned', gitTag: '2.3.4', rule: 'final', first: { tag: '2.3.4' } },
  revision: '6f1ea31',
  source: { address: 'github.com/dmwm/wmcore' },
  onExisting: 'same-revision',
  checks: undefined,
  recordedRun: run.recorded,
}
const build = {
  context: '.',
  file: undefined,
  buildArgs: ['TAG=2.3.4'],
  labels: [
    'org.opencontainers.image.title=reqmgr2',
    'org.opencontainers.image.version=2.3.4',
    'org.opencontainers.image.source=https://github.com/dmwm/WMCore',
    'org.opencontainers.image.ref.name=2.3.4',
    'org.opencontainers.image.url=https://github.com/dmwm/WMCore/tree/2.3.4',
  ],
  options: [],
}

test.each<{ given: Partial<InputTexts>; request: object }>([
  { given: { command: 'release' }, request: { ...version, build, package: undefined } },
  { given: { command: 'build' }, request: { ...version, build } },
  { given: { command: 'plan' }, request: { ...version, sourceImage: undefined } },
  { given: { command: 'push' }, request: version },
  { given: { command: 'promote' }, request: version },
  { given: { command: 'verify' }, request: version },
  { given: { command: 'audit' }, request: { ...always, from: undefined, page: undefined } },
  {
    given: { command: 'release', 'source-image': `ghcr.io/CI/reqmgr2:7@${A}`, 'package-timeout': '1m' },
    request: { ...version, sourceImage: { repository: repository('ci/reqmgr2'), reference: A } },
  },
  {
    given: {
      command: 'verify',
      service: 'a,b',
      mirrors: '\n docker.io/CMSsw/{service} \nlocalhost:5000/{service}-x',
    },
    request: {
      services: ['a', 'b'].map(service => ({
        mirrors: [
          { registry: 'docker.io', path: `cmssw/${service}` },
          { registry: 'localhost:5000', path: `${service}-x` },
        ],
      })),
    },
  },
  {
    given: {
      command: 'release',
      // As in `github.repository_owner`.
      project: 'CMSWMCore/sub',
      service: 'ReqMgr2',
      // Another one than that of the run, whose commit is not known.
      tag: '2.3.5rc1',
      context: 'docker/service',
      file: 'docker/other',
      'build-args': '\r\n  A=1 \r\n\n\tURL=https://a/?b=c&d=$(e) \nEMPTY=\nFROM_ENV',
      'build-options':
        '--platform=linux/amd64,linux/arm64\n\n --secret=id=pip,env=PIP_TOKEN \n--add-host=a b:1\n--no-cache',
      labels: 'a.b=c -d=e\nempty=\norg.opencontainers.image.title=Request Manager',
      username: 'robot$cms+ci',
      password: 'pa:ss wörd',
      'on-existing': 'reuse',
      stable: 'on-promotion',
      record: 'false',
      package: 'T0.Req_Mon',
      'package-index': 'http://localhost:8080/simple',
      'package-timeout': '6h',
      'require-checks': '\n testbed \r\nunit tests / 3.12\ntestbed\n',
      'checks-timeout': '90s',
      'github-token': 't',
    },
    request: {
      services: [{ repository: repository('cmswmcore/sub/reqmgr2') }],
      decision: { gitTag: '2.3.5rc1', copies: [] },
      revision: undefined,
      source: { github },
      credentials: { kind: 'password', username: 'robot$cms+ci', password: 'pa:ss wörd' },
      onExisting: 'reuse',
      stable: 'on-promotion',
      withRecords: false,
      recordedRun: undefined,
      build: {
        context: 'docker/service',
        file: 'docker/other',
        buildArgs: ['TAG=2.3.5rc1', 'A=1', 'URL=https://a/?b=c&d=$(e)', 'EMPTY=', 'FROM_ENV'],
        options: [
          '--platform=linux/amd64,linux/arm64',
          '--secret=id=pip,env=PIP_TOKEN',
          '--add-host=a b:1',
          '--no-cache',
        ],
        labels: [
          'org.opencontainers.image.title=Request Manager',
          ...build.labels.slice(1).map(label => label.replace('2.3.4', '2.3.5rc1')),
          'a.b=c -d=e',
          'empty=',
        ],
      },
      package: {
        package: { name: 'T0.Req_Mon', version: '2.3.5rc1' },
        index: new URL('http://localhost:8080/simple'),
        timeout: 21_600_000,
      },
      checks: { ...checks, names: ['testbed', 'unit tests / 3.12'], timeout: 90_000 },
    },
  },
  {
    given: { command: 'release', package: 'reqmgr2', tag: '2.3.5-RC.1' },
    request: {
      package: {
        package: { name: 'reqmgr2', version: '2.3.5rc1' },
        index: new URL('https://pypi.org/simple/'),
        timeout: 900_000,
      },
    },
  },
  ...['push', 'promote'].map(command => ({
    given: { command, 'require-checks': 'testbed', 'github-token': 't' },
    request: { checks },
  })),
  // Nothing is built, and no package and no check is waited for.
  {
    given: {
      command: 'verify',
      context: 'nowhere',
      file: 'nor/this',
      'build-options': '--push',
      'package-timeout': 'soon',
      'require-checks': 'testbed',
      stable: 'on-promotion',
    },
    request: { stable: 'on-promotion', checks: undefined },
  },
  {
    given: { command: 'audit', service: 'a, b', project: 'cms', from: '2.4.0', context: 'nowhere' },
    request: { services: [{ service: 'a' }, { repository: repository('cms/b') }], from: '2.4.0' },
  },
  ...['plan', 'promote', 'verify'].flatMap(command => [
    { given: { command, digest: A }, request: { services: [{ service: 'reqmgr2', digest: A }] } },
    {
      given: { command, service: `a@${A}\r\nb@${B}, ,c,` },
      request: {
        services: [
          { service: 'a', digest: A },
          { service: 'b', digest: B },
          { service: 'c', digest: undefined },
        ],
      },
    },
  ]),
  ...Object.keys(presets).map(policy => ({
    given: { command: 'plan', policy, tag: policy === 'crab' ? 'v3.240325' : '1.2.3' },
    request: { decision: { kind: 'planned' } },
  })),
  ...[
    { policy: table },
    ...['policy', './docker/../policy', 'docker/policy', `${workspace}/policy`].flatMap(file => [
      { 'policy-file': file },
      { 'policy-file': file, policy: '' },
    ]),
  ].map(given => ({
    given: { command: 'plan', ...given },
    request: { policy: { rules: [{ pattern: { source: 'X.Y' } }, { pattern: { source: '*' } }] } },
  })),
])('$given', ({ given, request }) => {
  const { warnings, notices, ...made } = requestWith(given, run, { FROM_ENV: 'x' })
  expect(made.request).toMatchObject({ command: given.command, ...request })
  expect([warnings, notices]).toEqual([[], []])
})

test('labels of a git tag that an address escapes, and without GitHub', () => {
  const labelsOf = (others: object): unknown => {
    const { request } = requestWith({ policy: 'any: a%b/c -> x', tag: 'a%b/c' }, runIn(workspace, others))
    return 'build' in request ? request.build.labels : []
  }
  expect(labelsOf({})).toContain('org.opencontainers.image.url=https://github.com/dmwm/WMCore/tree/a%25b/c')
  expect(labelsOf({ repositoryUrl: undefined })).toEqual(
    ['title=reqmgr2', 'version=a%b/c', 'ref.name=a%b/c'].map(label => `org.opencontainers.image.${label}`),
  )
})

test.each([
  {
    given: { policy: 'a: v-XY -> a', tag: 'v-XY' },
    warns: /^line 1, column 6: warning: XY stands for itself/,
  },
  ...['A=1 B=s3cret', 'A=1,B=s3cret', 'A=1, B=s3cret', 'A="s3cret"', "A='s3cret'", 'A=s3cret \\'].flatMap(
    text => [
      {
        given: { 'build-args': `X=1\n${text}` },
        warns: /^build-args, line 2: quotes, a backslash.* NAME alone/,
      },
      { given: { labels: `x=1\n\n${text}` }, warns: /^labels, line 3: quotes.* one name=value a line/ },
    ],
  ),
  // The rest of a value of several lines, or a variable that is not handed on.
  {
    given: { 'build-args': 'A=first\ns3cret' },
    warns: /^build-args, line 2: the environment has no.* env: of/,
  },
])('$given is accepted with a warning', ({ given, warns }) => {
  expect(requestWith(given, run).warnings).toEqual([
    { title: expect.stringContaining('Possible mistake'), message: expect.stringMatching(warns) },
  ])
  // Values may be secrets.
  expect(JSON.stringify(requestWith(given, run).warnings)).not.toContain('s3cret')
})

test('build arguments that are no slips', () => {
  const texts = [
    'A=1',
    'A=two words',
    'URL=https://a/?b=c&d=e',
    'A=b=c',
    'FLAGS=-O2 -march=native',
    'A="',
    'A',
  ]
  expect(requestWith({ 'build-args': texts.join('\n') }, run, { A: '' }).warnings).toEqual([])
})

test('labels of docker/metadata-action: ours say what was released, with a notice of those that differ', () => {
  const given = { title: 'WMCore', url: 'https://a', version: '2.3', revision: 'abc', created: '2026-12-01' }
  const own = { source: 'https://github.com/dmwm/WMCore', 'ref.name': '2.3.4' }
  const labels = Object.entries({ ...given, ...own }).map(
    ([name, value]) => `org.opencontainers.image.${name}=${value}`,
  )
  const made = requestWith({ labels: labels.join('\n') }, run)
  expect(made.request).toMatchObject({
    build: {
      labels: [
        'title=WMCore',
        'version=2.3.4',
        `source=${own.source}`,
        'ref.name=2.3.4',
        'url=https://a',
        'created=2026-12-01',
      ].map(label => `org.opencontainers.image.${label}`),
    },
  })
  expect(made.warnings).toEqual([])
  expect(made.notices).toMatchObject([
    { message: expect.stringMatching(/^org\.\S+\.version, org\.\S+\.revision: /) },
  ])
})

test('a label of the revision is the action’s alone, and one of the source is used where that is not known', () => {
  const labels = ['revision=6f1ea31', 'source=https://b'].map(label => `org.opencontainers.image.${label}`)
  const known = requestWith({ labels: labels.join('\n') }, run)
  expect(JSON.stringify([known.request, known.notices])).not.toMatch(/image\.revision/)
  const unknown = requestWith({ labels: labels.join('\n') }, runIn(workspace, { repositoryUrl: undefined }))
  expect(unknown).toMatchObject({
    request: { build: { labels: expect.arrayContaining([labels[1]]) } },
    notices: [],
  })
})

describe('the build argument TAG', () => {
  const dockerfiles = {
    'args/Dockerfile': 'FROM scratch\nARG TAG\n',
    'fixed/Dockerfile': 'FROM scratch\nENV TAG=v00.06.09\n',
    'same/Dockerfile': 'FROM scratch\nENV TAG=2.3.4\n',
    // Docker takes this name, too.
    'lower/dockerfile': 'FROM scratch\nENV TAG=1.0\n',
  }
  const folder = temporaryFolder()
  write(folder, dockerfiles)
  const made = (context: string, given: Partial<InputTexts> = {}) => {
    const { request, warnings } = requestWith({ command: 'build', context, ...given }, runIn(folder), {
      TAG: '1',
    })
    return { buildArgs: 'build' in request && request.build.buildArgs, warnings }
  }
  const fixedAt = (path: string, version: string) => ({
    title: 'The Dockerfile sets TAG itself',
    message: `${folder}/${path}, line 2: TAG is ${version} there, not 2.3.4. Write "ARG TAG" in its place.`,
  })

  test.each([
    { context: 'args', warnings: [] },
    { context: 'same', warnings: [] },
    { context: 'fixed', warnings: [fixedAt('fixed/Dockerfile', 'v00.06.09')] },
    { context: 'lower', warnings: [fixedAt('lower/dockerfile', '1.0')] },
    { context: 'args', file: 'fixed/Dockerfile', warnings: [fixedAt('fixed/Dockerfile', 'v00.06.09')] },
  ])(
    'is the git tag, with a warning if the Dockerfile has its own: $context $file',
    ({ context, file = '', warnings }) => {
      expect(made(context, { file })).toEqual({ buildArgs: ['TAG=2.3.4'], warnings })
    },
  )

  test.each(['TAG=3.2.2', 'TAG'])('is what build-args says, with a warning: %s', text => {
    expect(made('args', { 'build-args': `A=1\n${text}` })).toEqual({
      buildArgs: ['A=1', text],
      warnings: [
        {
          title: 'TAG is not the git tag',
          message: 'build-args sets TAG: the build gets that value, not 2.3.4.',
        },
      ],
    })
  })
})
