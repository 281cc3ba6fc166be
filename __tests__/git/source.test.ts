import { describe, expect, test } from 'vitest'
import { sourceOfCheckout, type TagCommit, wrongCommit } from '../../src/git/source.ts'

const [TAGGED, OTHER] = ['1'.repeat(40), '2'.repeat(40)] as const
const [WMCORE, KUBERNETES, FORK] = ['dmwm/wmcore', 'dmwm/cmskubernetes', 'someone/wmcore'].map(
  name => `github.com/${name}`,
) as [string, string, string]
/** A run on the git tag, one by hand on a branch, and the command line, which knows nothing of a run. */
const runs = {
  tag: { repository: WMCORE, commit: TAGGED },
  hand: { repository: WMCORE, commit: undefined },
  bare: { repository: undefined, commit: undefined },
}

/** The remotes of a checkout at another commit, the commit of the git tag in it, and what the run makes of it. */
test.each([
  { run: 'tag', remotes: [WMCORE], has: undefined, is: 'own', commit: TAGGED },
  { run: 'tag', remotes: [KUBERNETES, WMCORE], has: undefined, is: 'own', commit: TAGGED },
  { run: 'tag', remotes: [WMCORE], has: OTHER, is: 'own', commit: TAGGED },
  { run: 'tag', remotes: ['github-work/dmwm/wmcore'], has: undefined, is: 'own', commit: TAGGED },
  { run: 'tag', remotes: ['github-work/dmwm/cmskubernetes'], has: undefined, is: 'other' },
  { run: 'tag', remotes: [KUBERNETES], has: undefined, is: 'other' },
  { run: 'tag', remotes: [FORK], has: undefined, is: 'other' },
  { run: 'tag', remotes: [FORK], has: OTHER, is: 'own', commit: TAGGED },
  { run: 'tag', remotes: [], has: undefined, is: 'other' },
  { run: 'tag', remotes: [], has: TAGGED, is: 'own', commit: TAGGED },
  { run: 'hand', remotes: [WMCORE], has: undefined, is: 'own', commit: undefined },
  { run: 'hand', remotes: [WMCORE], has: TAGGED, is: 'own', commit: TAGGED },
  { run: 'hand', remotes: [KUBERNETES], has: OTHER, is: 'other' },
  { run: 'hand', remotes: [FORK], has: TAGGED, is: 'own', commit: TAGGED },
  { run: 'hand', remotes: [], has: TAGGED, is: 'own', commit: TAGGED },
  { run: 'bare', remotes: [WMCORE], has: TAGGED, is: 'own', commit: TAGGED },
  { run: 'bare', remotes: [WMCORE], has: undefined, is: 'other' },
] as const)('run $run, a checkout of $remotes with the git tag at $has: $is', row => {
  const { run, remotes, has, is } = row
  const checkout = { kind: 'checkout', head: OTHER, remotes, tagCommit: has, changed: ['a'] } as const
  const source = sourceOfCheckout(checkout, runs[run])
  expect(source).toMatchObject({ kind: is, head: OTHER, changed: ['a'] })
  if (source.kind === 'own') expect(source.commit).toBe('commit' in row ? row.commit : 'none')
  if (source.kind === 'other') expect(source.repository).toBe(remotes[0])
})

describe('what is at another commit than the git tag is an error', () => {
  const judge = (head: string, tag: TagCommit) =>
    wrongCommit(
      { name: 'service', source: { kind: 'own', head, commit: undefined, changed: [] } },
      { gitTag: '2.3.4', tag },
    )

  test('that names both, and how to check out the git tag', () => {
    expect(judge(OTHER, { kind: 'known', commit: TAGGED })).toMatchObject({
      name: 'wrong-commit',
      what: expect.stringMatching(`service is at ${OTHER}, and the git tag 2.3.4 is ${TAGGED}`),
      remedy: expect.stringMatching('ref: refs/tags/2.3.4.*git checkout 2.3.4'),
    })
    const unknown = judge(OTHER, { kind: 'unknown', why: 'Silence.' })
    expect(unknown).toMatchObject({ name: 'commit-unreadable', what: expect.stringContaining('Silence.') })
  })

  test('and what is at it, or of another repository, is none', () => {
    const tag = { kind: 'known', commit: TAGGED } as const
    const source = { kind: 'other', repository: KUBERNETES, head: OTHER, changed: [] } as const
    expect(judge(TAGGED, tag)).toBeUndefined()
    expect(wrongCommit({ name: 'service', source }, { gitTag: '2.3.4', tag })).toBeUndefined()
  })
})
