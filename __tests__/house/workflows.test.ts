import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

// GitHub's parser imports its schemas without saying that they are JSON, which Node insists on.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
)
const { convertActionTemplate, parseAction } = await import('@actions/workflow-parser/actions/index')

const trace = new NoOperationTraceWriter()
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}.github/workflows`

/** What GitHub has against a workflow. */
const workflowErrors = async (name: string, content: string): Promise<string[]> => {
  const { context, value } = parseWorkflow({ name, content }, trace)
  if (value !== undefined) await convertWorkflowTemplate(context, value)
  return context.errors.getErrors().map(({ message }) => message)
}

/** What GitHub has against the manifest of an action. */
const actionErrors = (name: string, content: string): string[] => {
  const { context, value } = parseAction({ name, content }, trace)
  if (value !== undefined) convertActionTemplate(context, value)
  return context.errors.getErrors().map(({ message }) => message)
}

describe("GitHub's own parser", () => {
  const actionYml = readFileSync(`${root}action.yml`, 'utf8')

  test('takes action.yml', () => {
    expect(actionErrors('action.yml', actionYml)).toEqual([])
  })

  const workflows = existsSync(folder) ? readdirSync(folder).filter(name => /\.ya?ml$/.test(name)) : []
  test('takes every workflow', async () => {
    const errors = await Promise.all(
      workflows.map(name => workflowErrors(name, readFileSync(`${folder}/${name}`, 'utf8'))),
    )
    expect(errors.flat()).toEqual([])
  })

  test.each([
    { broken: 'an unknown key', content: `${actionYml}\nimports: {}\n`, error: "Unexpected value 'imports'" },
    {
      broken: 'a key of runs',
      content: actionYml.replace('main:', 'mian:'),
      error: "Unexpected value 'mian'",
    },
    { broken: 'no YAML', content: 'name: [', error: 'Flow sequence in block collection' },
  ])('refuses an action with $broken', ({ content, error }) => {
    expect(actionErrors('action.yml', content).join('\n')).toContain(error)
  })

  const workflow = (job: string): string => `on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n${job}`
  test.each([
    { broken: 'nothing', job: '    steps: [{ run: "true" }]', error: '' },
    { broken: 'an unknown key', job: '    steps: [{ runs: "true" }]', error: "Unexpected value 'runs'" },
    {
      broken: 'an unknown context',
      job: `    steps: [{ run: "\${{ no.x }}" }]`,
      error: "Unrecognized named-value: 'no'",
    },
    {
      broken: 'an unknown job',
      job: '    steps: [{ run: "true" }]\n  two: { needs: three, runs-on: x, steps: [{ run: "true" }] }',
      error: "depends on unknown job 'three'",
    },
  ])('refuses a workflow with $broken', async ({ job, error }) => {
    const errors = await workflowErrors('ci.yml', workflow(job))
    expect(errors.length > 0).toBe(error !== '')
    expect(errors.join('\n')).toContain(error)
  })
})
