import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename } from 'node:path'

// GitHub's parser imports its schemas without saying that they are JSON, which Node insists on.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
)
const { convertActionTemplate, parseAction } = await import('@actions/workflow-parser/actions/index')
const { data, Evaluator, Lexer, Parser } = await import('@actions/expressions')

const root = new URL('../../', import.meta.url)

/** Where this repository will be, as others refer to it. */
export const OURS = 'dmwm/stable-release-action'

/** A file of this repository. */
export const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** What the examples may use of the workflows of others, as these declare it in the version that is called. */
const FOREIGN: Readonly<Record<string, string>> = {
  'docker/github-builder/.github/workflows/build.yml': `
on:
  workflow_call:
    inputs:
      output: { type: string, required: true }
      push: { type: boolean, default: false }
      platforms: { type: string }
      meta-images: { type: string }
      meta-tags: { type: string }
      meta-flavor: { type: string }
    secrets:
      registry-auths: { required: false }
    outputs:
      digest: { value: "\${{ jobs.finalize.outputs.digest }}" }
jobs:
  finalize:
    runs-on: ubuntu-latest
    outputs:
      digest: ''
    steps: [{ run: 'true' }]
`,
}

/** Workflows that are called: those of this repository, by a path or by its name, and those of others above. */
const calledWorkflows = {
  getFileContent: async (called: { owner?: string; repository?: string; path: string }) => {
    const repository = 'owner' in called ? `${called.owner}/${called.repository}` : OURS
    const content = repository === OURS ? read(called.path) : FOREIGN[`${repository}/${called.path}`]
    if (content === undefined) throw new Error(`${repository} is not here`)
    return { name: basename(called.path), content }
  },
}

/** What GitHub has against a workflow, and against how it calls the reusable ones of this repository. */
export const workflowErrors = async (name: string, content: string): Promise<string[]> => {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter())
  if (value !== undefined) {
    await convertWorkflowTemplate(context, value, calledWorkflows, { fetchReusableWorkflowDepth: 1 })
  }
  return context.errors.getErrors().map(({ message }) => message)
}

/** What GitHub has against the manifest of an action. */
export const actionErrors = (content: string): string[] => {
  const { context, value } = parseAction({ name: 'action.yml', content }, new NoOperationTraceWriter())
  if (value !== undefined) convertActionTemplate(context, value)
  return context.errors.getErrors().map(({ message }) => message)
}

/** The contexts that expressions refer to, such as `inputs`; what is missing in one is empty. */
export type Contexts = Readonly<Record<string, Values>>
interface Values {
  readonly [name: string]: string | boolean | Values
}

const dictionaryOf = (values: Values): InstanceType<typeof data.Dictionary> =>
  new data.Dictionary(
    ...Object.entries(values).map(([key, value]) => {
      if (typeof value === 'string') return { key, value: new data.StringData(value) }
      return { key, value: typeof value === 'boolean' ? new data.BooleanData(value) : dictionaryOf(value) }
    }),
  )

/** A text as the runner sees it: with the values of its expressions. */
export const fill = (text: string, contexts: Contexts): string => {
  const dictionary = dictionaryOf(contexts)
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    const { tokens } = new Lexer(expression).lex()
    const tree = new Parser(tokens, Object.keys(contexts), []).parse()
    return new Evaluator(tree, dictionary).evaluate().coerceString()
  })
}

/** A mapping as the runner sees it, such as what is below `with`. */
export const filled = (
  entries: readonly [string, unknown][],
  contexts: Contexts,
): Readonly<Record<string, string>> =>
  Object.fromEntries(entries.map(([name, text]) => [name, fill(String(text), contexts).trim()]))
