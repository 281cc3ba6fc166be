import { parse } from 'yaml'

interface ActionYml {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>
  readonly outputs: Record<string, { description: string }>
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The text of src/contract.ts for the text of an action.yml. */
export const contractSource = (actionYml: string): string => {
  const { inputs, outputs }: ActionYml = parse(actionYml)
  const inputLines = Object.entries(inputs).map(
    ([name, { description, required = false, default: value = '' }]) =>
      [
        `  ${JSON.stringify(name)}: {`,
        `    description: ${JSON.stringify(oneLine(description))},`,
        `    required: ${required},`,
        `    default: ${JSON.stringify(String(value))},`,
        '  },',
      ].join('\n'),
  )
  return [
    '// biome-ignore-all format: generated',
    '// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the default of an input may be an expression of GitHub',
    '// Written by `npm run generate` from action.yml, which is the home of inputs, outputs and defaults.',
    '',
    '/** The inputs of the action, as action.yml declares them. */',
    'export const inputs = {',
    ...inputLines,
    '} as const',
    '',
    '/** The name of an input. */',
    'export type InputName = keyof typeof inputs',
    '',
    '/** The names of the outputs of the action, as action.yml declares them. */',
    `export const outputs = ${JSON.stringify(Object.keys(outputs))} as const`,
    '',
    '/** The name of an output. */',
    'export type OutputName = (typeof outputs)[number]',
    '',
  ].join('\n')
}
