import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { withTables } from '../../scripts/readme.ts'
import { inputs, outputs } from '../../src/contract.ts'
import { presets } from '../../src/policy/presets.ts'
import { problemsOf } from '../policy/policy-of.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const readme = read('README.md')

/** The texts of the code blocks in a language. */
const blocks = (language: string): string[] =>
  Array.from(readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

test('the tables of inputs and outputs are those of action.yml (npm run generate)', () => {
  expect(withTables(readme, read('action.yml'))).toBe(readme)
  for (const name of [...Object.keys(inputs), ...outputs]) expect(readme).toContain(`| \`${name}\` |`)
})

test.each([
  ['no markers', 'text'],
  ['one marker', '<!-- inputs: generated from action.yml -->'],
  [
    'twice the same',
    '<!-- inputs: generated from action.yml --><!-- end of inputs --><!-- inputs: generated from action.yml --><!-- end of inputs -->',
  ],
])('a text with %s is refused', (_, text) => {
  expect(() => withTables(text, read('action.yml'))).toThrow('once each')
})

test('a bar in a description does not end its cell', () => {
  const markers = ['inputs', 'outputs'].map(
    name => `<!-- ${name}: generated from action.yml -->\n<!-- end of ${name} -->`,
  )
  const action =
    'inputs: {a: {description: "`x | y`", default: "1"}}\noutputs: {b: {description: "two\\n  lines"}}'
  const written = withTables(markers.join('\n'), action)
  expect(written).toContain('| `a` | `1` | `x \\| y` |')
  expect(written).toContain('| `b` | two lines |')
})

test('the commands that show the action and test it are there, and are scripts or a command of npm', () => {
  expect(blocks('console').join('')).toMatch(/^\$ npm run demo\b[\s\S]*^\$ npm cit\b/m)
  expect(read('.ci/run')).toMatch(/^npm cit\b/m)
  expect(JSON.parse(read('package.json')).scripts).toHaveProperty('demo')
})

test('the policy that is shown is the default one', () => {
  expect(blocks('text')).toContain(presets[inputs.policy.default])
})

test('every example uses inputs that there are', () => {
  const examples = blocks('yaml')
  expect(examples.length).toBeGreaterThan(0)
  const known = Object.keys(inputs)
  for (const example of examples) {
    for (const step of stepsIn(parse(example))) {
      expect(known).toEqual(expect.arrayContaining(Object.keys(step)))
    }
  }
})

test('every policy that is shown is a policy', () => {
  const policies = blocks('yaml')
    .flatMap(example => stepsIn(parse(example)))
    .flatMap(step => ('policy' in step ? [String(step.policy)] : []))
  expect(policies).not.toEqual([])
  expect(policies.flatMap(problemsOf)).toEqual([])
})

test('CONTRIBUTING.md says why there is each dependency, and of no other', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const section = /^## Dependencies$([\s\S]*?)^## /m.exec(read('CONTRIBUTING.md'))?.[1] ?? ''
  const named = Array.from(
    section.matchAll(/^- (`.*?):/gm),
    ([, names = '']) => names.match(/[^`, ]+/g) ?? [],
  )
  expect(named.flat().sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).sort())
})

test('every file that it links to is there', () => {
  const links = Array.from(readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, path = '']) => path)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter(path => !existsSync(new URL(path, root)))).toEqual([])
})

/** What is below `with:` in every step of an example that uses this action; an example may be of `with:` alone. */
function stepsIn(node: unknown): object[] {
  if (typeof node !== 'object' || node === null) return []
  if ('with' in node && typeof node.with === 'object' && node.with !== null) {
    const uses = 'uses' in node ? String(node.uses) : 'dmwm/stable-release-action@v1'
    if (uses.startsWith('dmwm/stable-release-action@')) return [node.with]
  }
  return Object.values(node).flatMap(stepsIn)
}
