import type { Pattern, Token } from './pattern.ts'

export interface Template {
  readonly source: string
  readonly tokens: readonly Token[]
  /** Stands after the bar. */
  readonly stable: boolean
  /** Drops a number of its pattern, and so belongs to many versions. */
  readonly moving: boolean
}

/** The first template is what is built; the others are copies of it. */
export interface Rule {
  readonly name: string
  readonly pattern: Pattern
  readonly templates: readonly [Template, ...Template[]]
}

export interface Policy {
  readonly rules: readonly Rule[]
}

/** The policy as a text: a rule a line, single spaces, no comments. */
export function policyText({ rules }: Policy): string {
  return rules.map(rule => `${ruleText(rule)}\n`).join('')
}

function ruleText({ name, pattern, templates }: Rule): string {
  const [published, stable] = [false, true].map(isStable =>
    templates.flatMap(template => (template.stable === isStable ? [` ${template.source}`] : [])).join(''),
  )
  return `${name}: ${pattern.source} ->${published}${stable === '' ? '' : ` |${stable}`}`
}
