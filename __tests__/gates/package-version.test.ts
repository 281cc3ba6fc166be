import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isProjectName,
  newestVersions,
  normaliseName,
  normaliseVersion,
  versionOfFile,
} from '../../src/gates/package-version.ts'

describe('names of projects (PEP 503, PEP 508)', () => {
  test.each([
    { name: 'reqmgr2', normal: 'reqmgr2' },
    { name: 'WMCore', normal: 'wmcore' },
    { name: 'reqmgr2ms-unmerged', normal: 'reqmgr2ms-unmerged' },
    { name: 'reqmgr2ms_unmerged', normal: 'reqmgr2ms-unmerged' },
    { name: 'Reqmgr2MS._-unmerged', normal: 'reqmgr2ms-unmerged' },
    { name: 'zope.interface', normal: 'zope-interface' },
    { name: 'a', normal: 'a' },
  ])('$name is $normal', ({ name, normal }) => {
    expect(normaliseName(name)).toBe(normal)
    expect(isProjectName(name)).toBe(true)
  })

  test.each(['', '-x', 'x-', '.x', 'a b', 'a/b', '../x', 'réq', 'x==1.0', 'x[y]', 'x\n'])(
    '%j is none',
    name => {
      expect(isProjectName(name)).toBe(false)
    },
  )
})

describe('the normal form of versions (PEP 440)', () => {
  test.each([
    { version: '2.3.4', normal: '2.3.4' },
    { version: '2.3.4.0', normal: '2.3.4.0' },
    { version: 'v2.3.4', normal: '2.3.4' },
    { version: '2.03.4', normal: '2.3.4' },
    { version: 'v00.06.47', normal: '0.6.47' },
    { version: '2.3.5rc1', normal: '2.3.5rc1' },
    { version: '2.3.5RC1', normal: '2.3.5rc1' },
    { version: '2.3.5-rc.1', normal: '2.3.5rc1' },
    { version: '2.3.5.c01', normal: '2.3.5rc1' },
    { version: '1.4.0.pre2', normal: '1.4.0rc2' },
    { version: '1.0alpha', normal: '1.0a0' },
    { version: '1.0.0-beta.2', normal: '1.0.0b2' },
    { version: '1.0-1', normal: '1.0.post1' },
    { version: '1.0.rev3', normal: '1.0.post3' },
    { version: '1.0.dev', normal: '1.0.dev0' },
    { version: '1!2.0', normal: '1!2.0' },
    { version: '1.0+Ubuntu-1_2', normal: '1.0+ubuntu.1.2' },
    { version: '20261122', normal: '20261122' },
  ])('$version is $normal', ({ version, normal }) => {
    expect(normaliseVersion(version)).toBe(normal)
  })

  test.each([
    ...['nightly', 'main', 'latest', '', '2.3.x', '1.0.*', '==1.0', '2.1.2.patch1', '2.3.4-stable'],
    ...['HG2001a', 'JENKINS_2.3.4', '2.3.4-py38', '2..3', '.2', '2.', '1.0+', '1_0'],
  ])('%j is no version', version => {
    expect(normaliseVersion(version)).toBeUndefined()
  })

  test('normal forms stay as they are', () => {
    const part = fc.nat({ max: 9999 }).map(String)
    const release = fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.'))
    const end = fc.constantFrom('', 'rc1', 'a0', 'b12', '.post3', '.dev4', 'rc1.post2.dev3')
    fc.assert(
      fc.property(release, end, (start, rest) => {
        expect(normaliseVersion(`${start}${rest}`)).toBe(`${start}${rest}`)
      }),
    )
  })
})

describe('the version that a file is of', () => {
  test.each([
    { file: 'reqmgr2-2.3.4-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4.0-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4.0' },
    { file: 'reqmgr2-2.3.5rc1-py3-none-any.whl', project: 'reqmgr2', version: '2.3.5rc1' },
    { file: 'ReqMgr2-2.3.4-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4-1-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4-2021a-py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4-py2.py3-none-any.whl', project: 'reqmgr2', version: '2.3.4' },
    {
      file: 'numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      project: 'numpy',
      version: '2.1.0',
    },
    {
      file: 'reqmgr2ms_unmerged-2.3.4-py3-none-any.whl',
      project: 'reqmgr2ms-unmerged',
      version: '2.3.4',
    },
    { file: 'zope.interface-5.0-py3-none-any.whl', project: 'zope-interface', version: '5.0' },
    { file: 'x-1.0+ubuntu_1-py3-none-any.whl', project: 'x', version: '1.0+ubuntu.1' },
    { file: 'x-1.0_1-py3-none-any.whl', project: 'x', version: '1.0.post1' },
    { file: 'reqmgr2-2.3.4.tar.gz', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2-2.3.4.zip', project: 'reqmgr2', version: '2.3.4' },
    { file: 'reqmgr2ms_unmerged-2.3.4.tar.gz', project: 'reqmgr2ms-unmerged', version: '2.3.4' },
    { file: 'reqmgr2ms-unmerged-2.3.4.tar.gz', project: 'reqmgr2ms-unmerged', version: '2.3.4' },
    { file: 'global-workqueue-2.3.4rc1.tar.gz', project: 'global_workqueue', version: '2.3.4rc1' },
    { file: 'x-2-1.0.tar.gz', project: 'x-2', version: '1.0' },
    { file: 'x-1.0-1.tar.gz', project: 'x', version: '1.0.post1' },
    { file: 'x-1.0-rc-1.tar.gz', project: 'x', version: '1.0rc1' },
  ])('$file: $version', ({ file, project, version }) => {
    expect(versionOfFile(file, project)).toBe(version)
  })

  test.each([
    { why: 'another project', file: 'reqmgr2ms-2.3.4.tar.gz', project: 'reqmgr2' },
    { why: 'a longer name', file: 'reqmgr2-extra-2.3.4.tar.gz', project: 'reqmgr2' },
    { why: 'a wheel of another project', file: 'reqmon-2.3.4-py3-none-any.whl', project: 'reqmgr2' },
    { why: 'a wheel without tags', file: 'reqmgr2-2.3.4.whl', project: 'reqmgr2' },
    { why: 'a wheel with too few tags', file: 'reqmgr2-2.3.4-py3-none.whl', project: 'reqmgr2' },
    { why: 'a build tag without a digit', file: 'reqmgr2-2.3.4-x-py3-none-any.whl', project: 'reqmgr2' },
    { why: 'an egg', file: 'reqmgr2-2.3.4-py3.8.egg', project: 'reqmgr2' },
    { why: 'an installer', file: 'reqmgr2-2.3.4.win32.exe', project: 'reqmgr2' },
    { why: 'a signature', file: 'reqmgr2-2.3.4.tar.gz.asc', project: 'reqmgr2' },
    { why: 'metadata', file: 'reqmgr2-2.3.4-py3-none-any.whl.metadata', project: 'reqmgr2' },
    { why: 'no version', file: 'reqmgr2-nightly.tar.gz', project: 'reqmgr2' },
    { why: 'nothing but a name', file: 'reqmgr2.tar.gz', project: 'reqmgr2' },
    { why: 'nothing', file: '', project: 'reqmgr2' },
  ])('none: $why, $file', ({ file, project }) => {
    expect(versionOfFile(file, project)).toBeUndefined()
  })

  test('what a build back end writes is read, however the project is spelt', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/)
    const words = fc.array(word, { minLength: 1, maxLength: 3 })
    const version = fc
      .tuple(
        fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', 'rc1', '.post2'),
      )
      .map(([parts, end]) => `${parts.join('.')}${end}`)
    const separator = fc.constantFrom('-', '_', '.', '--', '-_.')
    fc.assert(
      fc.property(words, version, separator, (name, expected, between) => {
        const project = name.join(between).toUpperCase()
        const [escaped, legacy] = [name.join('_'), name.join('-')]
        expect(versionOfFile(`${escaped}-${expected}-py3-none-any.whl`, project)).toBe(expected)
        expect(versionOfFile(`${escaped}-${expected}.tar.gz`, project)).toBe(expected)
        expect(versionOfFile(`${legacy}-${expected}.tar.gz`, project)).toBe(expected)
      }),
    )
  })
})

test('the newest versions come first, each once, candidates before their release', () => {
  const versions = ['2.3.4', '2.3.10', '2.3.5rc2', '2.3.5', '2.3.4', '2.3.5rc1', '2.3.4.1', '1.0', '2.3.9']
  expect(newestVersions(versions, 5)).toEqual(['2.3.10', '2.3.9', '2.3.5', '2.3.5rc2', '2.3.5rc1'])
  expect(newestVersions(['1.0'], 5)).toEqual(['1.0'])
})
