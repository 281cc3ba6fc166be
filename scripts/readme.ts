import { parse } from 'yaml'

interface ActionYml {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>
  readonly outputs: Record<string, { description: string }>
}

/** A bar would end the cell, in code as well (GitHub Flavored Markdown, section 4.10). */
const cell = (text: string): string => text.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const inputTable = ({ inputs }: ActionYml): string =>
  table(
    ['input', 'default', 'what it says'],
    Object.entries(inputs).map(([name, { description, required = false, default: value = '' }]) => [
      `\`${name}\``,
      required ? '**required**' : value === '' ? '' : `\`${cell(String(value))}\``,
      cell(description),
    ]),
  )

const outputTable = ({ outputs }: ActionYml): string =>
  table(
    ['output', 'what it says'],
    Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, cell(description)]),
  )

/** @throws when the text has not exactly one pair of these markers */
const between = (text: string, name: string, content: string): string => {
  const [begin, end] = [`<!-- ${name}: generated from action.yml -->`, `<!-- end of ${name} -->`]
  const [before, rest, ...more] = text.split(begin)
  const [, after, ...others] = rest?.split(end) ?? []
  if (before === undefined || after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`the text must have "${begin}" and, after it, "${end}", once each`)
  }
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}

/**
 * The text of a README with the tables of inputs and outputs, between their markers, as an action.yml has them.
 *
 * @throws when markers are missing
 */
export const withTables = (readme: string, actionYml: string): string => {
  const action: ActionYml = parse(actionYml)
  return between(between(readme, 'inputs', inputTable(action)), 'outputs', outputTable(action))
}
