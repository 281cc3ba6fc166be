import { describe, expect, test } from 'vitest'
import type { InputName } from '../../src/action-yml.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { refusal, runIn, temporaryFolder, write } from './order.ts'

const workspace = temporaryFolder()
const rules = 'final: X.Y.Z -> X.Y.Z'
write(workspace, { Dockerfile: '', 'bare/file': '', rules, wrong: 'final: X.Y => X.Y\nother: * -> * X' })
const run = runIn(workspace)
const branch = runIn(workspace, { tag: undefined, ref: 'branch main' })
const [A, B] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
const image = 'ghcr.io/cmsweb/reqmgr2'
const empty = 'A variable or secret that does not exist is empty, too.'

/** What is given, the input that the mistake is about, and what is said of it: what was given, what is allowed. */
type Row = [given: Partial<InputTexts>, input: InputName, ...says: string[]]

const values: readonly Row[] = [
  [{ command: 'relase' }, 'command', '"relase"', 'Did you mean release?', 'plan, build, push, promote'],
  [{ command: 'deploy' }, 'command', '"deploy"', 'release, plan, build, push,'],
  [{ command: '' }, 'command', 'empty', 'release, plan, build, push,', empty],
  [
    { 'on-existing': 'overwite' },
    'on-existing',
    '"overwite"',
    'mean overwrite?',
    'same-revision, reuse, fail',
  ],
  [{ stable: 'never' }, 'stable', '"never"', 'on-release, on-promotion'],
  [{ stable: '' }, 'stable', 'empty', 'on-release, on-promotion', empty],
  [{ record: 'yes' }, 'record', '"yes"', 'true, false'],
  [{ username: 'bob' }, 'password', "docker's login", empty],
  [{ password: 's3cret' }, 'username', 'username is empty', empty],
  [{ tag: 'refs/tags/2.3.4' }, 'tag', '"refs/tags/2.3.4"', 'such as 2.3.4'],
  [{ tag: '2.3\n4' }, 'tag', 'tag-refused: "2.3\\n4"'],
  [{ tag: '2.3\u202e' }, 'tag', 'tag-refused: "2.3\\u202e"'],
  [{ command: 'verify', from: '2.3.0' }, 'from', '"2.3.0"', 'for audit alone'],
  [{ command: 'verify', 'html-file': 'a.html' }, 'html-file', '"a.html"', 'for audit alone'],
  [{ command: 'verify', used: 'pods.yaml' }, 'used', '"pods.yaml"', 'for audit alone'],
  [{ tag: '2.3.4+b' }, 'tag', 'tag-refused: "2.3.4+b" matches no rule'],
  [{ command: 'promote', tag: '2.3.5rc1' }, 'tag', 'nothing-to-promote: ', '2.3.5rc1', 'rule candidate'],
]

const audits: readonly Row[] = [
  [{ command: 'audit', tag: '2.4.0' }, 'tag', '"2.4.0"', 'every version', 'from', 'verify'],
  [{ command: 'audit', from: 'dev' }, 'from', '"dev"', 'no rule with numbers'],
  [{ command: 'audit', service: `a@${A}` }, 'service', `"a@${A}"`, 'audit takes no digest'],
  [{ command: 'audit', digest: A }, 'digest', `"${A}"`, 'audit takes no digest'],
]

const images: readonly Row[] = [
  [{ 'source-image': `ghcr.io/a/b:x`, command: 'push' }, 'source-image', 'release and plan', 'Leave it out'],
  [{ 'source-image': 'a/b:x' }, 'source-image', '"a/b:x"', 'full host name', 'such as registry.cern.ch/'],
  [{ 'source-image': 'ghcr.io/a/b' }, 'source-image', 'neither a tag nor a digest', ':tag or @sha256:'],
  [{ 'source-image': 'ghcr.io/a/b:.x' }, 'source-image', 'begins with "."'],
  [{ 'source-image': 'ghcr.io/a/b@sha256:0' }, 'source-image', 'not a digest', '64 hexadecimal digits'],
  [{ 'source-image': 'ghcr.io/a/b:x', context: 'bare' }, 'context', 'nothing is built', 'Leave one out'],
  [{ 'source-image': 'ghcr.io/a/b:x', package: 'reqmgr2' }, 'package', 'nothing is built'],
  [{ mirrors: 'ghcr.io/a/b', command: 'audit', tag: '' }, 'mirrors', 'not for audit', 'Leave them out'],
  [{ mirrors: '\ncmssw/b' }, 'mirrors', 'line 2', '"cmssw/b"', 'full host name', 'docker.io/cmssw/'],
  [{ mirrors: 'docker.io/a/b:x' }, 'mirrors', '"docker.io/a/b:x"', 'it has a tag or a digest'],
  [{ mirrors: 'ghcr.io/reqmgr2' }, 'mirrors', 'or of another line'],
  [{ mirrors: 'docker.io/a/b\ndocker.io/a/b' }, 'mirrors', 'line 2', 'or of another line'],
  [{ mirrors: 'docker.io/a/b', command: 'promote', service: 'a,b' }, 'mirrors', 'another line', '{service}'],
]

const places: readonly Row[] = [
  [{ registry: '' }, 'registry', 'empty', 'registry.cern.ch', empty],
  [{ registry: 'https://ghcr.io' }, 'registry', '"https://ghcr.io"', 'leave "https://" out'],
  [{ registry: 'ghcr.io/dmwm' }, 'registry', 'belongs in project'],
  [{ registry: 'my host' }, 'registry', '"my host"', 'such as registry.cern.ch'],
  [{ registry: 'ghcr\u202e.io' }, 'registry', '"ghcr\\u202e.io"'],
  [{ project: 'A b' }, 'project', '"A b"', 'such as cmswmcore'],
  [{ project: '/cms/' }, 'project', '"/cms/"', 'empty part'],
  [{ project: 'x'.repeat(240) }, 'service', 'more than 255 characters', '255'],
  [{ service: '' }, 'service', 'empty', 'such as reqmgr2', empty],
  [{ service: ',' }, 'service', '","', 'such as reqmgr2'],
  [{ service: 'cms/reqmgr2' }, 'service', '"cms/reqmgr2"', 'into project'],
  [{ service: 'reqmgr2:2.3' }, 'service', '"reqmgr2:2.3"', 'the name alone'],
  [{ service: 'a\u009b31mb' }, 'service', '"a\\u009b31mb"', 'such as reqmgr2'],
  [{ service: 'a\n::error::b' }, 'service', '"a\\n::error::b"', 'release is for one'],
  ...['release', 'build', 'push'].flatMap((command): Row[] => [
    [{ command, service: 'a,b' }, 'service', '"a,b"', `${command} is for one`, 'matrix'],
    [
      { command, service: `a@${A}` },
      'service',
      `"a@${A}"`,
      `${command} takes no digest`,
      'promote and verify',
    ],
    [{ command, digest: 'latest' }, 'digest', '"latest"', `${command} takes no digest`],
  ]),
  ...['plan', 'promote', 'verify'].flatMap((command): Row[] => [
    [{ command, service: 'a,b,a' }, 'service', '"a,b,a"', 'a twice'],
    [{ command, service: `a@${A}, a@${B}` }, 'service', 'a twice'],
    [{ command, service: 'a, A' }, 'service', '"a, A"', 'a twice'],
    [{ command, service: 'a@sha256:12' }, 'service', '"a@sha256:12"', 'a@, then sha256:'],
    [{ command, service: `a@${A}@b` }, 'service', 'not a digest'],
    [{ command, digest: 'latest' }, 'digest', '"latest"', 'sha256: and 64'],
    [{ command, service: 'a,b', digest: A }, 'digest', `"${A}"`, 'name@sha256:…'],
    [{ command, service: `a@${A}`, digest: A }, 'digest', `"${A}"`, 'name@sha256:…'],
  ]),
  ...['a b', 'a;b', "'a'"].map(
    (service): Row => [{ command: 'verify', service }, 'service', `"${service}"`, 'commas'],
  ),
]

const policies: readonly Row[] = [
  [{ policy: 'wmcor' }, 'policy', '"wmcor"', 'Did you mean wmcore?', 'dmwm-go, crab'],
  [{ policy: 'semver' }, 'policy', '"semver"', 'wmcore, dmwm-go, crab', 'X.Y.Z ->'],
  [{ policy: 'toString' }, 'policy', '"toString"'],
  [{ policy: './policy.txt' }, 'policy', '"./policy.txt"', 'policy-file'],
  [{ policy: '' }, 'policy', 'empty', 'wmcore, dmwm-go, crab', empty],
  [{ policy: 'a: X =>' }, 'policy', 'invalid-policy: ', 'line 1, column 6: =>', '\n  a: X =>\n       ^^\n'],
  [{ 'policy-file': 'wrong' }, 'policy-file', 'invalid-policy: policy-file wrong', 'column 12', 'line 2'],
  [{ policy: 'crab', 'policy-file': 'rules' }, 'policy', 'policy-file', 'Leave one out'],
  [{ 'policy-file': 'nowhere' }, 'policy-file', `there is no ${workspace}/nowhere`],
  [{ 'policy-file': 'bare' }, 'policy-file', '"bare"', 'directory'],
  [{ 'policy-file': 'rules/x' }, 'policy-file', `no ${workspace}/rules/x`],
]

const gates: readonly Row[] = [
  ...['15', 'm', '1.5h', '-1s', '1 m', '1M', '1d', '1h30m', '1234567s', '361m', '7h'].map(
    (time): Row => [{ 'package-timeout': time }, 'package-timeout', `"${time}"`, 'at most 6h', 'such as 90s'],
  ),
  [{ 'checks-timeout': '' }, 'checks-timeout', 'empty', 'such as 90s', empty],
  ...['pypi.org/simple', 'file:///etc', 'https:// '].map(
    (index): Row => [{ 'package-index': index }, 'package-index', `"${index}"`, 'http address'],
  ),
  ...['reqmgr2==2.3.4', '../reqmgr2', '-r'].map(
    (name): Row => [{ package: name }, 'package', `"${name}"`, 'such as reqmgr2'],
  ),
  [{ package: 'a', tag: 'nightly' }, 'package', '"a": nightly is no version of PEP 440', '2.3.5rc1'],
  [{ 'require-checks': 'a', 'github-token': '' }, 'require-checks', 'github-token', 'GITHUB_API_URL'],
]

const builds: readonly Row[] = [
  [{ context: '' }, 'context', 'empty', 'directory', empty],
  [{ context: 'nowhere' }, 'context', `no ${workspace}/nowhere`, 'actions/checkout'],
  [{ context: 'a\n##[error]b' }, 'context', '"a\\n##\\u005berror]b"'],
  [{ context: 'Dockerfile' }, 'context', '"Dockerfile"', 'it is a file'],
  [{ context: 'bare' }, 'context', '"bare"', `${workspace}/bare/Dockerfile`, 'file', 'actions/checkout'],
  ...['https://x.ch/a.git#b:c', 'git://x.ch/a', 'ssh://git@x.ch/a', 'git@x.ch:a', 'github.com/dmwm/a'].map(
    (context): Row => [{ context }, 'context', `"${context}"`, 'there is no', 'actions/checkout'],
  ),
  [{ file: 'nowhere' }, 'file', `no ${workspace}/nowhere`, 'from the workspace'],
  [{ context: 'bare', file: 'file' }, 'file', '"file"', 'from the workspace'],
  // What stands in a line may be a secret.
  ...['A=1\n=s3cret', 'A=1\nMY NAME=s3cret', '\nPASSWORD: s3cret', 'A=1\n--s3cret'].map(
    (text): Row => [{ 'build-args': text }, 'build-args', 'line 2', 'NAME=value'],
  ),
  ...['a=b\n\ns3cret', '\n\n=s3cret', '\n\nmy s3cret=value'].map(
    (text): Row => [{ labels: text }, 'labels', 'line 3', 'name=value'],
  ),
  [{ 'build-args': '\n"A=s3cret"' }, 'build-args', 'line 2', 'without quotes'],
  [{ 'build-args': 'A=-----BEGIN\ns3cret s3cret' }, 'build-args', 'line 2', 'several lines, NAME alone'],
  [{ labels: 'a=b\n"a=s3cret"' }, 'labels', 'line 2', 'without quotes'],
]

const options: readonly Row[] = [
  ...Object.entries({
    'the action sets': [
      ...['--file=a', '--file a', '--build-arg=TAG=s3cret', '--label=a=b', '--tag=a:b', '--tag', '--push'],
      ...['--push=false', '--load', '--output=type=oci', '--metadata-file=a', '--call=check', '--check'],
      ...['--print=outline', '--help', '--detach'],
    ],
    'it is more than one option': [
      ...['--platform linux/amd64', '--secret s3cret'],
      ...['--platform=linux/amd64 --no-cache', '--build-context=s3cret --pull'],
    ],
  }).flatMap(([why, options]) => options.map(option => [option, 'line 3', why])),
  ...['-t a:b', 's3cret', '--', 'constructor'].map(option => [option, 'line 3', '--platform=linux/amd64']),
  ...[
    `--cache-to=${image}`,
    `--cache-to=${image}:2.3.4`,
    `--cache-to=${image}@${A}`,
    `--cache-to=quay.io/a,${image}:cache`,
    `--cache-to=type=registry,ref=${image}:2.3.4`,
    `--cache-to=type=registry,mode=max,ref=${image}:2.3.4,compression=zstd`,
    `--cache-to="type=registry","ref=${image}:2.3.4"`,
    `--cache-to=type=registry,"ref=${image}:2.3.4"`,
    `--cache-to=ref=${image}:2.3.4,type=registry`,
    '--cache-to=type=registry,REF=GHCR.IO/cmsweb/reqmgr2:2.3.4',
    `--cache-to=type=registry, ref = ${image}`,
  ].map(option => [option, '--cache-to', `into ${image},`, `${image}-cache`]),
].map(([option, ...says]): Row => {
  return [{ project: 'cmsweb', 'build-options': `--pull\n\n${option}` }, 'build-options', ...says]
})

describe.each(Object.entries({ values, audits, images, places, policies, gates, builds, options }))(
  '%s',
  (_, rows) => {
    test.each(rows)('%j', (given, input, ...says) => {
      const text = refusal(given, run)
      expect(text).toMatch(new RegExp(`^(?!.* There are .* mistakes)[^]*\\b${input}\\b`))
      expect(text).not.toMatch(/s3cret|\p{Cf}|[^\P{Cc}\n]/u)
      for (const fact of says) expect(text).toContain(fact)
      if (!says.some(fact => /^[a-z-]+: /.test(fact))) expect(text).toMatch(/^invalid-input: /)
    })
  },
)

test.each([
  `--cache-to=${image}-cache`,
  `--cache-to=type=registry,ref=${image}-cache:2.3.4`,
  '--cache-to=type=gha,mode=max',
  '--cache-to=type=inline',
  `--cache-to=type=local,dest=${image}`,
  `--cache-from=type=registry,ref=${image}:2.3.4`,
  `--build-context=base=docker-image://${image}:2.3.4`,
  `--annotation=base=${image}:2.3.4`,
])('%s writes elsewhere', option => {
  expect(refusal({ project: 'cmsweb', 'build-options': option }, run)).toBe('no error')
})

test('no git tag, on a branch', () => {
  const text = refusal({}, branch)
  expect(text).toContain('There is no git tag to release')
  expect(text).toContain('branch main')
})

test.each(['apiUrl', 'repository'])('checks without %s', missing => {
  const others = { [missing]: undefined }
  expect(refusal({ 'require-checks': 'a' }, runIn(workspace, others))).toContain('GITHUB_API_URL')
})
