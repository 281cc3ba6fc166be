import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isProjectName,
  newestVersions,
  normaliseName,
  normaliseVersion,
  versionOfFile,
} from '../../src/gates/package-version.ts'

test.each([
  { name: 'reqmgr2', normal: 'reqmgr2' },
  { name: 'WMCore', normal: 'wmcore' },
  { name: 'Reqmgr2MS._-unmerged', normal: 'reqmgr2ms-unmerged' },
  { name: 'zope.interface', normal: 'zope-interface' },
  { name: 'a', normal: 'a' },
])('the project $name is $normal (PEP 503)', ({ name, normal }) => {
  expect([normaliseName(name), isProjectName(name)]).toEqual([normal, true])
})

test.each(['', '-x', 'x-', '.x', 'a b', 'a/b', '../x', 'réq', 'x==1.0', 'x[y]', 'x\n'])(
  '%j is no name of a project (PEP 508)',
  name => {
    expect(isProjectName(name)).toBe(false)
  },
)

test.each([
  { version: '2.3.4', normal: '2.3.4' },
  { version: '2.3.4.0', normal: '2.3.4.0' },
  { version: 'v2.03.4', normal: '2.3.4' },
  { version: '2.3.5RC1', normal: '2.3.5rc1' },
  { version: '2.3.5-rc.1', normal: '2.3.5rc1' },
  { version: '1.4.0.pre2', normal: '1.4.0rc2' },
  { version: '1.0alpha', normal: '1.0a0' },
  { version: '1.0-1', normal: '1.0.post1' },
  { version: '1.0.dev', normal: '1.0.dev0' },
  { version: '1!2.0', normal: '1!2.0' },
  { version: '1.0+Ubuntu-1_2', normal: '1.0+ubuntu.1.2' },
  ...['nightly', '', '2.3.x', '1.0.*', '==1.0', '2.1.2.patch1', '2.3.4-stable', '2..3', '2.', '1_0'].map(
    version => ({ version, normal: undefined }),
  ),
])('the normal form of $version is $normal (PEP 440)', ({ version, normal }) => {
  expect(normaliseVersion(version)).toBe(normal)
})

describe('the version that a file is of', () => {
  test.each([
    { file: 'reqmgr2-2.3.4-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4.0-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4.0' },
    { file: 'ReqMgr2-2.3.5rc1-py2.py3-none-any.whl', project: 'reqmgr2', version: '2.3.5rc1' },
    { file: 'reqmgr2-2.3.4-2021a-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'x-2.1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux.whl', project: 'x', version: '2.1.0' },
    { file: 'reqmgr2ms_unmerged-2.3.4-py3-none-any.whl', project: 'reqmgr2ms-unmerged', version: '2.3.4' },
    { file: 'x-1.0+ubuntu_1-py3-none-any.whl', project: 'x', version: '1.0+ubuntu.1' },
    { file: 'x-1.0_1-py3-none-any.whl', project: 'x', version: '1.0.post1' },
    { file: 'reqmgr2-2.3.4.tar.gz', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4.zip', project: 'reqmgr2', version: '2.3.4' },
    { file: 'global-workqueue-2.3.4rc1.tar.gz', project: 'global_workqueue', version: '2.3.4rc1' },
    { file: 'x-2-1.0.tar.gz', project: 'x-2', version: '1.0' },
    { file: 'x-1.0-1.tar.gz', project: 'x', version: '1.0.post1' },
    { file: 'x-1.0-rc-1.tar.gz', project: 'x', version: '1.0rc1' },
    { file: 'reqmgr2ms-2.3.4.tar.gz', project: 'reqmgr2', version: undefined },
    { file: 'reqmgr2-extra-2.3.4.tar.gz', project: 'reqmgr2', version: undefined },
    { file: 'reqmon-2.3.4-py3-none-any.whl', project: 'reqmgr2', version: undefined },
    { file: 'reqmgr2-2.3.4-py3-none.whl', project: 'reqmgr2', version: undefined },
    { file: 'reqmgr2-2.3.4-x-py3-none-any.whl', project: 'reqmgr2', version: undefined },
    ...[
      '-2.3.4-py3.8.egg',
      '-2.3.4.tar.gz.asc',
      '-2.3.4-py3-none-any.whl.metadata',
      '-nightly.zip',
      '.zip',
    ].map(end => ({ file: `reqmgr2${end}`, project: 'reqmgr2', version: undefined })),
  ])('$file: $version', ({ file, project, version }) => {
    expect(versionOfFile(file, project)).toBe(version)
  })

  test('what a build back end writes is read, however the project is spelt', () => {
    const words = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { minLength: 1, maxLength: 3 })
    const release = fc.array(fc.nat({ max: 9999 }), { minLength: 1, maxLength: 5 })
    const ends = fc.constantFrom('', 'rc1', 'a0', '.post2', '.dev4', 'rc1.post2.dev3')
    const separators = fc.constantFrom('-', '_', '.', '--', '-_.')
    fc.assert(
      fc.property(words, release, ends, separators, (name, numbers, end, between) => {
        const [project, version] = [name.join(between).toUpperCase(), `${numbers.join('.')}${end}`]
        expect(versionOfFile(`${name.join('_')}-${version}-py3-none-any.whl`, project)).toBe(version)
        expect(versionOfFile(`${name.join('_')}-${version}.tar.gz`, project)).toBe(version)
        expect(versionOfFile(`${name.join('-')}-${version}.tar.gz`, project)).toBe(version)
      }),
    )
  })
})

test('the newest versions come first, candidates before their release', () => {
  const versions = new Set(['2.3.4', '2.3.10', '2.3.5rc2', '2.3.5', '2.3.5rc1', '2.3.4.1', '1.0', '2.3.9'])
  expect(newestVersions(versions, 5)).toEqual(['2.3.10', '2.3.9', '2.3.5', '2.3.5rc2', '2.3.5rc1'])
})
