/** Writes what comes from action.yml, the only home of inputs, outputs and defaults: src/action-yml.ts, and README.md's tables. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'

interface ActionYml {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>
  readonly outputs: Record<string, { description: string }>
}

if (import.meta.main) {
  const file = (path: string): URL => new URL(`../${path}`, import.meta.url)
  const actionYml = readFileSync(file('action.yml'), 'utf8')
  writeFileSync(file('src/action-yml.ts'), actionSource(actionYml))
  writeFileSync(file('README.md'), withTables(readFileSync(file('README.md'), 'utf8'), actionYml))
}

/** The text of src/action-yml.ts for the text of an action.yml. */
export function actionSource(actionYml: string): string {
  const { inputs, outputs }: ActionYml = parse(actionYml)
  const inputLines = Object.entries(inputs).map(([name, { description, default: value = '' }]) => {
    // What follows the first sentence is advice for workflows.
    const [meaning] = oneLine(description).split(/(?<=\.) (?=[A-Z`])/, 1)
    return `  ${JSON.stringify(name)}: { default: ${JSON.stringify(value)}, meaning: ${JSON.stringify(meaning)} },`
  })
  return `// Written by \`npm run generate\` from action.yml: change defaults and descriptions there.

/** The default of every input, and the first sentence of its description. */
export const inputs = {
${inputLines.join('\n')}
} as const

export type InputName = keyof typeof inputs
export type OutputName = ${Object.keys(outputs)
    .map(name => JSON.stringify(name))
    .join(' | ')}
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
