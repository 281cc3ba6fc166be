import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { withTables } from '../../scripts/generate.ts'
import { inputs } from '../../src/action-yml.ts'
import { presets } from '../../src/policy/presets.ts'
import { problemsOf } from '../policy/policy-of.ts'
import { OURS, read } from './github.ts'

const readme = read('README.md')

/** The texts of the code blocks in a language. */
const blocks = (language: string): string[] =>
  Array.from(readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)

test('the tables of inputs and outputs are those of action.yml (npm run generate)', () => {
  expect(withTables(readme, read('action.yml'))).toBe(readme)
})

test('the policy that is shown is the default one', () => {
  expect(blocks('text')).toContain(presets[inputs.policy.default])
})

test.each(['github-container-registry', 'wmcore'])('the example %s is shown whole', name => {
  expect(blocks('yaml').map(text => parse(text))).toContainEqual(parse(read(`examples/${name}.yaml`)))
})

test('every example uses inputs that there are, and policies that are', () => {
  const steps = blocks('yaml').flatMap(example => stepsIn(parse(example)))
  const unknown = steps.flatMap(step => Object.keys(step).filter(name => !(name in inputs)))
  const policies = steps.flatMap(step => ('policy' in step ? [String(step.policy)] : []))
  expect([steps.length > 0, policies.length > 0, unknown]).toEqual([true, true, []])
  expect(policies.flatMap(problemsOf)).toEqual([])
})

test('CONTRIBUTING.md says why there is each dependency, and of no other', () => {
  const { devDependencies } = JSON.parse(read('package.json'))
  const section = /^## Dependencies$([\s\S]*?)^## /m.exec(read('CONTRIBUTING.md'))?.[1] ?? ''
  const named = Array.from(
    section.matchAll(/^- (`.*?):/gm),
    ([, names = '']) => names.match(/[^`, ]+/g) ?? [],
  )
  expect(named.flat().sort()).toEqual(Object.keys(devDependencies).sort())
})

/** What is below `with:` in every step of an example that uses this action; an example may be of `with:` alone. */
function stepsIn(node: unknown): object[] {
  if (typeof node !== 'object' || node === null) return []
  if ('with' in node && typeof node.with === 'object' && node.with !== null) {
    if (!('uses' in node) || String(node.uses).startsWith(`${OURS}@`)) return [node.with]
  }
  return Object.values(node).flatMap(stepsIn)
}
