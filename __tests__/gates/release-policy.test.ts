import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/action-yml.ts'
import { decide } from '../../src/policy/decide.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from '../policy/policy-of.ts'

const path = new URL('../../docs/release-policy.md', import.meta.url)
const guide = readFileSync(path, 'utf8')

const blocks = (language: string): string[] =>
  Array.from(guide.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

const example = (name: string) => {
  expect(guide).toContain(`(../examples/harbor/${name}.json)`)
  return JSON.parse(readFileSync(new URL(`../examples/harbor/${name}.json`, path), 'utf8'))
}

test("Harbor's rules: what is retained", () => {
  const { rules, trigger, scope } = example('retention')
  // No project has the number 0: who forgets to change it gets an error.
  expect({ scope, trigger: trigger.kind }).toEqual({
    scope: { level: 'project', ref: 0 },
    trigger: 'Schedule',
  })
  // Six fields: Harbor has seconds.
  expect(trigger.settings.cron.split(' ')).toHaveLength(6)
  for (const { template, params } of rules) expect(params).toEqual({ [template]: expect.any(Number) })
})

test("Harbor's rules: what is immutable", () => {
  const [{ pattern }] = example('immutable').tag_selectors
  const matcher = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`)
  const fixed = ['2.3.5-stable', '2.3.5.8-stable', 'v2.3.5-stable']
  const tags = [...fixed, '2.3.5', 'stable', '2.3.5-stable2', '2.3-stable']
  expect(tags.filter(tag => matcher.test(tag))).toEqual(fixed)
})

test('the table of versions is what the policy decides', () => {
  const rows = Array.from(
    guide.matchAll(/^\| `(\S+)` \| [^|]* \| `(\S+)` \| (?:`(\S+)`|none) \|$/gm),
    ([, gitTag = '', first, copy]) => ({ gitTag, tags: [first, copy].filter(tag => tag !== undefined) }),
  )
  expect(rows).toHaveLength(4)
  for (const { gitTag, tags } of rows) {
    const decision = decide(policyOf(presets.wmcore), gitTag)
    if (decision.kind === 'refused') throw new Error(decision.reason)
    expect([decision.first, ...decision.copies].map(({ tag }) => tag)).toEqual(tags)
  }
})

test('examples use inputs that there are, and have no password in a command', () => {
  const steps = blocks('yaml').flatMap(text => [parse(text)].flat().flatMap(each => each.steps ?? each))
  const ours = steps.filter(({ uses }) => uses?.startsWith('dmwm/stable-release-action@'))
  expect(ours).toHaveLength(2)
  for (const step of ours) expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)))
  const commands = blocks('sh').join('\n')
  expect(commands).toContain('curl --netrc ')
  expect(commands).not.toMatch(/--user|-u |password|authorization|curl (?!--netrc )/i)
})
