/** Writes what comes from action.yml, the only home of inputs, outputs and defaults: src/contract.ts, and README.md's tables. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'

interface ActionYml {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>
  readonly outputs: Record<string, { description: string }>
}

if (import.meta.main) {
  const file = (path: string): URL => new URL(`../${path}`, import.meta.url)
  const actionYml = readFileSync(file('action.yml'), 'utf8')
  writeFileSync(file('src/contract.ts'), contractSource(actionYml))
  writeFileSync(file('README.md'), withTables(readFileSync(file('README.md'), 'utf8'), actionYml))
}

/** The text of src/contract.ts for the text of an action.yml. */
export function contractSource(actionYml: string): string {
  const { inputs, outputs }: ActionYml = parse(actionYml)
  const inputLines = Object.entries(inputs).map(
    ([name, { description, required = false, default: value = '' }]) =>
      [
        `  ${JSON.stringify(name)}: {`,
        `    description: ${JSON.stringify(oneLine(description))},`,
        `    required: ${required},`,
        `    default: ${JSON.stringify(value)},`,
        '  },',
      ].join('\n'),
  )
  return `// biome-ignore-all format: generated
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the default of an input may be an expression of GitHub
// Written by \`npm run generate\` from action.yml, which is the home of inputs, outputs and defaults.

/** The inputs of the action, as action.yml declares them. */
export const inputs = {
${inputLines.join('\n')}
} as const

/** The name of an input. */
export type InputName = keyof typeof inputs

/** The names of the outputs of the action, as action.yml declares them. */
export const outputs = ${JSON.stringify(Object.keys(outputs))} as const

/** The name of an output. */
export type OutputName = (typeof outputs)[number]
`
}

/** The text of a README with the tables of inputs and outputs, between their markers, as an action.yml has them. */
export function withTables(readme: string, actionYml: string): string {
  const { inputs, outputs }: ActionYml = parse(actionYml)
  const inputRows = Object.entries(inputs).map(
    ([name, { description, required = false, default: value = '' }]) => [
      `\`${name}\``,
      required ? '**required**' : value === '' ? '' : `\`${cell(value)}\``,
      cell(description),
    ],
  )
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [
    `\`${name}\``,
    cell(description),
  ])
  const withInputs = between(readme, 'inputs', table(['input', 'default', 'what it says'], inputRows))
  return between(withInputs, 'outputs', table(['output', 'what it says'], outputRows))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** A bar would end the cell, in code as well (GitHub Flavored Markdown, section 4.10). */
function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: generated from action.yml -->`, `<!-- end of ${name} -->`]
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`README.md must have "${begin}" and "${end}"`)
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}
