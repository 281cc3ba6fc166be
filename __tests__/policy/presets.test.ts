import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from './policy-of.ts'
import { examples } from './preset-examples.ts'

test.each(Object.entries(presets))('%s has neither mistake nor warning', (_, text) => {
  expect(parsePolicy(text)).toMatchObject({ kind: 'policy', warnings: [] })
})

describe.each(Object.entries(examples))('%s', (name, table) => {
  const policy = policyOf(presets[name as keyof typeof presets])

  test.each(table)('$tag: $rule', ({ tag, rule, tags, stable }) => {
    const decision = decide(policy, tag)
    if (decision.kind === 'refused') {
      expect({ rule: undefined, tags: [], stable: [] }).toEqual({ rule, tags, stable })
      return
    }
    const names = (wanted: boolean): string[] =>
      allTags(decision).flatMap(planned => (planned.stable === wanted ? [planned.tag] : []))
    expect({ rule: decision.rule, tags: names(false), stable: names(true) }).toEqual({ rule, tags, stable })
  })

  test('no preset has a moving tag', () => {
    expect(policy.rules.flatMap(({ templates }) => templates.filter(({ moving }) => moving))).toEqual([])
  })
})
