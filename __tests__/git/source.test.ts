import { describe, expect, test } from 'vitest'
import { sourceOfAddress, sourceOfCheckout, type TagKnowledge } from '../../src/git/source.ts'

const [TAGGED, OTHER] = ['1'.repeat(40), '2'.repeat(40)] as const
const WMCORE = 'github.com/dmwm/wmcore'
const KUBERNETES = 'github.com/dmwm/cmskubernetes'
/** A run on the git tag. */
const onTag: TagKnowledge = { gitTag: '2.3.4', repository: WMCORE, commit: TAGGED }
/** A run by hand, on a branch. */
const byHand: TagKnowledge = { ...onTag, commit: undefined }
/** The command line, which knows nothing of a run. */
const bare: TagKnowledge = { gitTag: '2.3.4', repository: undefined, commit: undefined }

const checkout = {
  kind: 'checkout',
  head: OTHER,
  remotes: [WMCORE],
  tagCommit: undefined,
  changed: [],
} as const

describe('a checkout', () => {
  test.each([
    {
      what: 'of the repository of the run, which is for the tag',
      checkout,
      run: onTag,
      is: { kind: 'own', head: OTHER, commit: TAGGED },
    },
    {
      what: 'of it, without tags, in a run by hand',
      checkout,
      run: byHand,
      is: { kind: 'own', head: OTHER, commit: undefined },
    },
    {
      what: 'of it, with the tag, in a run by hand',
      checkout: { ...checkout, tagCommit: TAGGED },
      run: byHand,
      is: { kind: 'own', commit: TAGGED },
    },
    {
      what: 'of it, whose tag was moved since the run began',
      checkout: { ...checkout, tagCommit: OTHER },
      run: onTag,
      is: { kind: 'own', commit: TAGGED },
    },
    {
      what: 'of it by a second remote',
      checkout: { ...checkout, remotes: [KUBERNETES, WMCORE] },
      run: onTag,
      is: { kind: 'own' },
    },
    {
      what: 'of another repository',
      checkout: { ...checkout, remotes: [KUBERNETES] },
      run: onTag,
      is: { kind: 'other', repository: KUBERNETES, head: OTHER },
    },
    {
      what: 'of another repository, with a tag of the same name',
      checkout: { ...checkout, remotes: [KUBERNETES], tagCommit: OTHER },
      run: byHand,
      is: { kind: 'other' },
    },
    {
      what: 'of a fork, with the tag',
      checkout: { ...checkout, remotes: ['github.com/someone/wmcore'], tagCommit: TAGGED },
      run: byHand,
      is: { kind: 'own', head: OTHER, commit: TAGGED },
    },
    {
      what: 'of a fork, whose tag is not that of the run',
      checkout: { ...checkout, remotes: ['github.com/someone/wmcore'], tagCommit: OTHER },
      run: onTag,
      is: { kind: 'own', head: OTHER, commit: TAGGED },
    },
    {
      what: 'of a fork, without the tag',
      checkout: { ...checkout, remotes: ['github.com/someone/wmcore'] },
      run: onTag,
      is: { kind: 'other', repository: 'github.com/someone/wmcore' },
    },
    {
      what: 'without a remote',
      checkout: { ...checkout, remotes: [] },
      run: onTag,
      is: { kind: 'other', repository: undefined },
    },
    {
      what: 'without a remote, with the tag, in a run by hand',
      checkout: { ...checkout, remotes: [], tagCommit: TAGGED },
      run: byHand,
      is: { kind: 'own', commit: TAGGED },
    },
    {
      what: 'of it by a name of the configuration of ssh',
      checkout: { ...checkout, remotes: ['github-work/dmwm/wmcore'] },
      run: onTag,
      is: { kind: 'own' },
    },
    {
      what: 'of another repository, by such a name',
      checkout: { ...checkout, remotes: ['github-work/dmwm/cmskubernetes'] },
      run: onTag,
      is: { kind: 'other' },
    },
    {
      what: 'with the tag, where no run is known',
      checkout: { ...checkout, tagCommit: TAGGED },
      run: bare,
      is: { kind: 'own', commit: TAGGED },
    },
    { what: 'without the tag, where no run is known', checkout, run: bare, is: { kind: 'other' } },
  ])('$what', ({ checkout, run, is }) => {
    expect(sourceOfCheckout(checkout, run)).toMatchObject(is)
  })

  test('none', () => {
    expect(sourceOfCheckout({ kind: 'none', why: 'no git' }, onTag)).toEqual({
      kind: 'unknown',
      why: 'no git',
    })
  })
})

describe('an address', () => {
  const own = 'https://github.com/dmwm/WMCore.git'
  const other = 'https://github.com/dmwm/CMSKubernetes.git'
  test.each([
    { address: `${own}#2.3.4`, is: { kind: 'own', head: undefined, commit: TAGGED } },
    { address: `${own}#2.3.4:docker/reqmgr2`, is: { kind: 'own', head: undefined } },
    { address: `${own}#refs/tags/2.3.4`, is: { kind: 'own', head: undefined } },
    { address: `${own}?tag=2.3.4&subdir=docker`, is: { kind: 'own', head: undefined } },
    { address: 'git@github.com:dmwm/WMCore.git#2.3.4', is: { kind: 'own', head: undefined } },
    { address: `${own}#${TAGGED}`, is: { kind: 'own', head: TAGGED } },
    { address: `${own}?tag=2.3.4&checksum=${OTHER}`, is: { kind: 'own', head: OTHER } },
    { address: `${own}#main:docker`, is: { kind: 'own', head: 'main' } },
    { address: `${own}?branch=2.3.4`, is: { kind: 'own', head: '2.3.4' } },
    { address: `${own}?ref=main#2.3.4`, is: { kind: 'own', head: 'main' } },
    { address: `${own}?tag=2.3.4&ref=refs/heads/2.3.4`, is: { kind: 'own', head: 'refs/heads/2.3.4' } },
    { address: `${own}?tag=2.3.4&tag=main`, is: { kind: 'own', head: 'main' } },
    {
      address: 'https://github.com/dmwm/WMCore/archive/refs/heads/main.tar.gz',
      is: { kind: 'own', head: 'archive/refs/heads/main.tar.gz' },
    },
    {
      address: 'https://codeload.github.com/dmwm/WMCore/tar.gz/main',
      is: { kind: 'own', head: 'tar.gz/main' },
    },
    { address: 'https://raw.githubusercontent.com/dmwm/WMCore/main/Dockerfile', is: { kind: 'own' } },
    { address: 'https://github.com/dmwm/WMCore-tools.git#main', is: { kind: 'other' } },
    { address: own, is: { kind: 'own', head: 'its default branch' } },
    { address: other, is: { kind: 'other', repository: KUBERNETES, head: undefined } },
    { address: `${other}#main:docker/pypi/reqmgr2`, is: { kind: 'other', head: undefined } },
    { address: `${other}#${OTHER}:docker`, is: { kind: 'other', head: OTHER } },
    { address: 'https://example.org/context.tar.gz', is: { kind: 'other' } },
  ])('$address', ({ address, is }) => {
    expect(sourceOfAddress(address, onTag)).toMatchObject(is)
  })

  test('where no run is known, nothing is compared', () => {
    expect(sourceOfAddress(`${own}#main`, bare)).toMatchObject({ kind: 'other' })
  })
})
