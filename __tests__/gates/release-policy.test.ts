import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { inputs } from '../../src/contract.ts'
import { decide } from '../../src/policy/decide.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from '../policy/policy-of.ts'

const path = new URL('../../docs/release-policy.md', import.meta.url)
const guide = readFileSync(path, 'utf8')

const blocks = (language: string): string[] =>
  Array.from(guide.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

interface Selector {
  readonly kind: string
  readonly decoration: string
  readonly pattern: string
}

interface Rule {
  readonly disabled: boolean
  readonly action: string
  readonly template: string
  readonly params: Readonly<Record<string, number>>
  readonly tag_selectors: readonly Selector[]
  readonly scope_selectors: { readonly repository: readonly Selector[] }
}

interface Retention {
  readonly algorithm: string
  readonly rules: readonly Rule[]
  readonly trigger: { readonly kind: string; readonly settings: { readonly cron: string } }
  readonly scope: { readonly level: string; readonly ref: number }
}

const example = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../examples/harbor/${name}.json`, import.meta.url), 'utf8'))

const retention: Retention = example('retention')
const immutable: Rule = example('immutable')

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll('**', '*').replaceAll('*', '.*')}$`).test(text)

const selects = (selectors: readonly Selector[], tags: readonly string[]): boolean =>
  selectors.every(({ pattern }) => tags.some(tag => matches(pattern, tag)))

describe("Harbor's rules", () => {
  test('have all that Harbor wants, and the guide leads to them', () => {
    for (const name of ['retention', 'immutable'])
      expect(guide).toContain(`(../examples/harbor/${name}.json)`)
    expect(retention.algorithm).toBe('or')
    for (const { disabled, action, template, params } of retention.rules) {
      expect([disabled, action]).toEqual([false, 'retain'])
      expect(['nDaysSinceLastPull', 'nDaysSinceLastPush']).toContain(template)
      expect(params).toEqual({ [template]: expect.any(Number) })
    }
    expect(immutable).toMatchObject({ disabled: false, action: 'immutable', template: 'immutable_template' })
    const all = [...retention.rules, immutable]
    for (const { tag_selectors: tags, scope_selectors: scope } of all) {
      expect(tags).toMatchObject([{ kind: 'doublestar', decoration: 'matches' }])
      expect(scope.repository).toEqual([{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }])
    }
    // Six fields: Harbor has seconds.
    expect(retention.trigger.kind).toBe('Schedule')
    expect(retention.trigger.settings.cron.split(' ')).toHaveLength(6)
    expect(retention.scope).toEqual({ level: 'project', ref: expect.any(Number) })
  })

  const stable = ['2.3.5', '2.3.5-stable']
  const table: readonly {
    tags: readonly string[]
    pushed: number
    pulled: number | undefined
    kept: boolean
  }[] = [
    { tags: ['2.3.5rc1'], pushed: 1, pulled: undefined, kept: true },
    { tags: ['2.3.5rc1'], pushed: 29, pulled: undefined, kept: true },
    { tags: ['2.3.5rc1'], pushed: 31, pulled: undefined, kept: false },
    { tags: ['2.3.5rc1'], pushed: 300, pulled: 29, kept: true },
    { tags: ['2.3.5rc1'], pushed: 300, pulled: 31, kept: false },
    { tags: ['2.3.5'], pushed: 100, pulled: 31, kept: false },
    { tags: stable, pushed: 100, pulled: undefined, kept: true },
    { tags: stable, pushed: 364, pulled: undefined, kept: true },
    { tags: stable, pushed: 366, pulled: undefined, kept: false },
    { tags: stable, pushed: 900, pulled: 364, kept: true },
    { tags: stable, pushed: 900, pulled: 366, kept: false },
    { tags: ['unstable'], pushed: 100, pulled: 100, kept: false },
  ]
  test.each(table)(
    '$tags, pushed $pushed and pulled $pulled days ago: kept $kept',
    ({ tags, pushed, pulled, kept }) => {
      const keeps = ({ template, params, tag_selectors: selectors }: Rule): boolean => {
        const age = template === 'nDaysSinceLastPull' ? pulled : pushed
        return selects(selectors, tags) && age !== undefined && age <= (params[template] ?? 0)
      }
      expect(retention.rules.some(keeps)).toBe(kept)
    },
  )

  test.each([
    { tags: ['2.3.5-stable'], is: true },
    { tags: ['2.3.5'], is: false },
    { tags: ['stable'], is: false },
    { tags: ['2.3.5-stable2'], is: false },
  ])('$tags immutable: $is', ({ tags, is }) => {
    expect(selects(immutable.tag_selectors, tags)).toBe(is)
  })
})

test('the three questions are answered on the first screen', () => {
  const screen = guide.split('\n').slice(0, 25).join('\n')
  const questions = ['procedure?', 'When is an image stable?', 'tests on the testbed count?']
  expect(questions.filter(question => !screen.includes(question))).toEqual([])
  expect(guide.indexOf('\n## ')).toBeGreaterThan(guide.indexOf('testbed count?'))
})

test('the table of versions is what the policy decides', () => {
  const rows = Array.from(
    guide.matchAll(/^\| `(\S+)` \| [^|]* \| `(\S+)` \| (?:`(\S+)`|none) \|$/gm),
    ([, gitTag = '', first, stable]) => ({ gitTag, tags: [first, stable].filter(tag => tag !== undefined) }),
  )
  expect(rows).toHaveLength(4)
  for (const { gitTag, tags } of rows) {
    const decision = decide(policyOf(presets.wmcore), gitTag)
    if (decision.kind === 'refused') throw new Error(decision.reason)
    expect([decision.first, ...decision.copies].map(({ tag }) => tag)).toEqual(tags)
  }
})

describe('examples', () => {
  const texts = blocks('yaml')

  test('use inputs that there are', () => {
    const steps = texts.flatMap(text => {
      const { steps: listed } = parse(text)
      return Array.isArray(parse(text)) ? parse(text) : (listed ?? [])
    })
    const ours = steps.filter(({ uses }) => !uses.startsWith('actions/checkout@'))
    expect(ours).toHaveLength(2)
    for (const { uses, with: given } of ours) {
      expect(uses).toBe('dmwm/stable-release-action@v1')
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)))
    }
  })

  test('call the workflow as it wants to be called', () => {
    const [called] = texts.flatMap(text => parse(text).promote ?? [])
    const name = '.github/workflows/promote_stable_images.yaml'
    expect(called.uses).toBe(`dmwm/stable-release-action/${name}@v1`)
    const workflow = parse(readFileSync(new URL(`../${name}`, path), 'utf8'))
    const { workflow_call: call } = workflow.on
    expect(Object.keys(call.inputs)).toEqual(expect.arrayContaining(Object.keys(called.with)))
    expect(Object.keys(call.secrets)).toEqual(expect.arrayContaining(Object.keys(called.secrets)))
    // GitHub does not start a workflow that asks for more than its caller has.
    expect(called.permissions).toMatchObject(workflow.jobs.promote.permissions)
  })

  test('of commands have no password in them', () => {
    const commands = blocks('sh').join('\n')
    expect(commands).toContain('curl --netrc ')
    expect(commands).not.toMatch(/--user|-u |password|--header.*authorization/i)
    expect(Array.from(commands.matchAll(/\bcurl (?!--netrc )/g))).toEqual([])
  })
})

test('every link leads somewhere', () => {
  const links = Array.from(guide.matchAll(/\]\(([^)]+)\)/g), ([, link = '']) => link)
  expect(links.length).toBeGreaterThan(0)
  const headings = Array.from(guide.matchAll(/^#+ (.*)$/gm), ([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const link of links) {
    if (link.startsWith('#')) expect(headings).toContain(link.slice(1))
    else expect(existsSync(new URL(link, path))).toBe(true)
  }
})
