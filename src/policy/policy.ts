import type { Pattern, Token } from './tokens.ts'

export interface Template {
  readonly source: string
  readonly tokens: readonly Token[]
  readonly stable: boolean
  /** Drops a number of its pattern: it belongs to many versions. */
  readonly moving: boolean
}

/** The first template is what is built; the others are copies, stable ones last. */
export interface Rule {
  readonly name: string
  readonly pattern: Pattern
  readonly templates: readonly [Template, ...Template[]]
}

export interface Policy {
  readonly rules: readonly Rule[]
}

/** A rule a line, single spaces, no comments. */
export function policyText({ rules }: Policy) {
  return rules.map(ruleText).join('')
}

function ruleText({ name, pattern, templates }: Rule) {
  const bar = templates.findIndex(({ stable }) => stable)
  const tags = templates.map(({ source }, index) => `${index === bar ? ' |' : ''} ${source}`)
  return `${name}: ${pattern.source} ->${tags.join('')}\n`
}
