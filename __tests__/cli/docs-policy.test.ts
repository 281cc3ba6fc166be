import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { decideMove } from '../../src/policy/moving.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { presets } from '../../src/policy/presets.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { policyOf, problemsOf } from '../policy/policy-of.ts'
import { stableRelease } from './bundle.ts'
import { blocksOf, codes, type Table } from './markdown.ts'

const markdown = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
const blocks = blocksOf(markdown)

/** The tables of the document with the policy that stands before them. */
const tables = blocks.flatMap((block, index) => {
  if (block.kind !== 'table') return []
  const policy = blocks
    .slice(0, index)
    .findLast(before => before.kind === 'fence' && before.info === 'policy')
  if (policy?.kind !== 'fence') throw new Error(`the table of line ${block.line} has no policy`)
  return [{ line: block.line, table: block, policy: policy.text }]
})
const isMoves = ({ columns }: Table): boolean => columns.includes('already published')

/** What the policy makes of a git tag, in the columns of the document. */
const row = (policy: Policy, gitTag: string) => {
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') return { rule: 'none', image: [], stable: [], moving: [] }
  const tags = allTags(decision)
  const names = (some: typeof tags): string[] => some.map(({ tag }) => tag)
  return {
    rule: decision.rule,
    image: names(tags.filter(({ stable }) => !stable)),
    stable: names(tags.filter(({ stable }) => stable)),
    moving: names(tags.filter(({ moving }) => moving)),
  }
}

/** Which moving tags of a git tag move, and which stay, in a registry with these tags. */
const moves = (policy: Policy, gitTag: string, published: readonly string[]) => {
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  const moving = allTags(decision).filter(tag => tag.moving)
  const that = (kind: 'move' | 'stay'): string[] =>
    moving.flatMap(planned =>
      decideMove(policy, { gitTag, planned, published }).kind === kind ? [planned.tag] : [],
    )
  return { moves: that('move'), stays: that('stay') }
}

const rowsOf = ({ rows }: Table) =>
  rows.map(cells => {
    const [gitTag = ''] = codes(cells['git tag'])
    return { gitTag, published: codes(cells['already published']), cells }
  })

describe.each(tables.filter(({ table }) => !isMoves(table)))('docs/policy.md:$line', ({ table, policy }) => {
  test.each(rowsOf(table))('$gitTag', ({ gitTag, cells }) => {
    expect(row(policyOf(policy), gitTag)).toEqual({
      rule: cells.rule,
      image: codes(cells['image tags']),
      stable: codes(cells['stable tags']),
      moving: codes(cells.moving),
    })
  })
})

describe.each(tables.filter(({ table }) => isMoves(table)))('docs/policy.md:$line', ({ table, policy }) => {
  test.each(rowsOf(table))('$gitTag beside $published', ({ gitTag, published, cells }) => {
    expect(moves(policyOf(policy), gitTag, published)).toEqual({
      moves: codes(cells.moves),
      stays: codes(cells.stays),
    })
  })
})

describe('tables of rules', () => {
  const fences = blocks.flatMap((block, index) =>
    block.kind === 'fence' && block.info.startsWith('policy') ? [{ ...block, next: blocks[index + 1] }] : [],
  )

  test.each(fences.filter(({ info }) => info === 'policy'))('line $line has no mistake', ({ text }) => {
    expect(formatProblems(text, problemsOf(text))).toBe('')
  })

  test.each(fences.filter(({ info }) => info !== 'policy'))(
    'line $line is shown with its problems',
    ({ text, next }) => {
      expect(next).toMatchObject({
        kind: 'fence',
        info: 'text',
        text: formatProblems(text, problemsOf(text)),
      })
    },
  )

  test.each(Object.entries(presets))('the preset %s is shown as it is', (name, text) => {
    const section = markdown.slice(markdown.indexOf(`### \`${name}\``))
    expect(section).not.toBe('')
    expect(section.slice(0, section.indexOf('\n### ', 1))).toContain(`\`\`\`policy\n${text}\`\`\``)
  })
})

describe('what a shell shows', () => {
  test('explain prints what the document shows', () => {
    const { stdout } = stableRelease(['explain', '--policy', 'dmwm-go'], { input: 'v0.5.13\nv0.5.14rc1\n' })
    expect(markdown).toContain(`$ git tag | stable-release explain --policy dmwm-go\n${stdout}\`\`\``)
  })

  test('plan prints what the document shows', () => {
    const args = ['plan', 'reqmgr2', '2.3.4', 'registry.cern.ch', 'cmswmcore']
    const { stdout } = stableRelease(args)
    expect(markdown).toContain(`$ stable-release ${args.join(' ')}\n${stdout}\`\`\``)
  })
})
