import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { allTags, decide, type Planned } from '../../src/policy/decide.ts'
import { staysWith } from '../../src/policy/moving.ts'
import { presets } from '../../src/policy/presets.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { policyOf, problemsOf } from '../policy/policy-of.ts'
import { stableRelease } from './bundle.ts'
import { blocksOf, codes } from './markdown.ts'

const markdown = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
const blocks = blocksOf(markdown)
/** Rules are shown by themselves, and as the input. */
const fences = blocks.flatMap(block => {
  if (block.kind !== 'fence') return []
  return block.info === 'yaml' ? [{ ...block, info: 'policy', text: parse(block.text).with.policy }] : [block]
})

/** The rows of all tables, each with the policy that stands before its table. */
const rows = blocks.flatMap(block => {
  if (block.kind !== 'table') return []
  const policy = fences.findLast(({ info, line }) => info === 'policy' && line < block.line)?.text ?? ''
  return block.rows.map(cells => ({
    line: block.line,
    policy,
    gitTag: codes(cells['git tag']).join(),
    cells,
  }))
})

const planned = (policy: string, gitTag: string): Planned => {
  const decision = decide(policyOf(policy), gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  return decision
}

test.each(rows.filter(({ cells }) => 'rule' in cells))('docs/policy.md:$line: $gitTag', row => {
  const { policy, gitTag, cells } = row
  const names = (kind: string): string[] => codes(cells[kind])
  if (cells.rule === 'none') return expect(() => planned(policy, gitTag)).toThrow()
  const decision = planned(policy, gitTag)
  const tags = allTags(decision)
  const those = (is: (tag: (typeof tags)[number]) => boolean) => tags.filter(is).map(({ tag }) => tag)
  expect(decision.rule).toBe(cells.rule)
  expect(those(({ stable }) => !stable)).toEqual(names('image tags'))
  expect(those(({ stable }) => stable)).toEqual(names('stable tags'))
  expect(those(({ moving }) => moving)).toEqual(names('moving'))
})

const moves = rows.filter(({ cells }) => 'already published' in cells)
test.each(moves)('docs/policy.md:$line: $gitTag beside others', ({ policy, gitTag, cells }) => {
  const published = codes(cells['already published'])
  const moving = allTags(planned(policy, gitTag)).filter(tag => tag.moving)
  const moved = (tag: string): string =>
    staysWith(policyOf(policy), { gitTag, moving: tag, published }) === undefined ? 'move' : 'stay'
  expect(moving.map(({ tag }) => `${tag} ${moved(tag)}`).toSorted()).toEqual(
    [
      ...codes(cells.moves).map(tag => `${tag} move`),
      ...codes(cells.stays).map(tag => `${tag} stay`),
    ].toSorted(),
  )
})

describe('tables of rules', () => {
  test.each(fences.filter(({ info }) => info === 'policy'))('line $line has no mistake', ({ text }) => {
    expect(formatProblems(text, problemsOf(text))).toBe('')
  })

  test.each(Object.entries(presets))('the preset %s is shown as it is', (name, text) => {
    const [, section = ''] = markdown.split(`### \`${name}\``)
    expect(section.split('\n### ', 1)[0]).toContain(`\`\`\`policy\n${text}\`\`\``)
  })
})

test('explain prints what the document shows', () => {
  const call = 'stable-release explain --policy dmwm-go'
  const { stdout, stderr } = stableRelease(call.split(' ').slice(1), { input: 'v0.5.13\nv0.5.14rc1\n' })
  expect(markdown).toContain(`$ git tag | ${call}\n${stderr}${stdout}\`\`\``)
})
