import { existsSync, readFileSync } from 'node:fs'
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

interface Rule {
  readonly action: string
  readonly template: string
  readonly params: Readonly<Record<string, number>>
  readonly tag_selectors: readonly { readonly pattern: string }[]
}

const example = (name: string) => {
  expect(guide).toContain(`(../examples/harbor/${name}.json)`)
  return JSON.parse(readFileSync(new URL(`../examples/harbor/${name}.json`, path), 'utf8'))
}

const selects = (rule: Rule, tags: readonly string[]): boolean =>
  rule.tag_selectors.every(({ pattern }) => {
    const matcher = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`)
    return tags.some(tag => matcher.test(tag))
  })

const selectors = {
  disabled: false,
  tag_selectors: [{ kind: 'doublestar', decoration: 'matches' }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
}

const stable = ['2.3.5', '2.3.5-stable']
test.each([
  { tags: ['2.3.5rc1'], pushed: 29, pulled: undefined, kept: true },
  { tags: ['2.3.5rc1'], pushed: 31, pulled: undefined, kept: false },
  { tags: ['2.3.5rc1'], pushed: 300, pulled: 29, kept: true },
  { tags: ['2.3.5rc1'], pushed: 300, pulled: 31, kept: false },
  { tags: ['2.3.5'], pushed: 100, pulled: 31, kept: false },
  { tags: stable, pushed: 364, pulled: undefined, kept: true },
  { tags: stable, pushed: 366, pulled: undefined, kept: false },
  { tags: stable, pushed: 900, pulled: 364, kept: true },
  { tags: stable, pushed: 900, pulled: 366, kept: false },
  { tags: ['unstable'], pushed: 100, pulled: 100, kept: false },
])("Harbor's rules: $tags, pushed $pushed and pulled $pulled days ago, kept: $kept", row => {
  const { algorithm, rules, trigger, scope } = example('retention')
  // No project has the number 0: who forgets to change it gets an error.
  const about = { algorithm: 'or', scope: { level: 'project', ref: 0 }, trigger: 'Schedule' }
  expect({ algorithm, scope, trigger: trigger.kind }).toEqual(about)
  // Six fields: Harbor has seconds.
  expect(trigger.settings.cron.split(' ')).toHaveLength(6)
  const keeps = (rule: Rule): boolean => {
    const { template, params } = rule
    expect(rule).toMatchObject({ ...selectors, action: 'retain', params: { [template]: expect.any(Number) } })
    const age = { nDaysSinceLastPull: row.pulled, nDaysSinceLastPush: row.pushed }[template]
    return selects(rule, row.tags) && age !== undefined && age <= (params[template] ?? 0)
  }
  expect(rules.filter(keeps).length > 0).toBe(row.kept)
})

test("Harbor's rules: what is immutable", () => {
  const rule = example('immutable')
  expect(rule).toMatchObject({ ...selectors, action: 'immutable', template: 'immutable_template' })
  const fixed = ['2.3.5-stable', '2.3.5.8-stable', 'v2.3.5-stable']
  const tags = [...fixed, '2.3.5', 'stable', '2.3.5-stable2', '2.3-stable']
  expect(tags.filter(tag => selects(rule, [tag]))).toEqual(fixed)
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

test('every file that it links to is there', () => {
  const links = Array.from(guide.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, link = '']) => link)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter(link => !existsSync(new URL(link, path)))).toEqual([])
})
