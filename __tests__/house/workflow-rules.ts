import { parse } from 'yaml'
import { OURS, read, workflowErrors } from './github.ts'

const {
  inputs,
  outputs,
}: Record<'inputs' | 'outputs', Record<string, { required?: boolean }>> = parse(read('action.yml'))

/** What is below a key of something that was read from YAML; nothing where there is no such key. */
export const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    value,
  )

/** The entries of a mapping; none of anything else. */
export const entriesAt = (value: unknown, ...keys: readonly string[]): [string, unknown][] => {
  const mapping = at(value, ...keys)
  return typeof mapping === 'object' && mapping !== null ? Object.entries(mapping) : []
}

/** A step of a workflow, and the job that it is in. */
export interface Step {
  readonly job: string
  readonly step: unknown
}

/** All steps of a workflow. */
export const stepsOf = (workflow: unknown): Step[] =>
  entriesAt(workflow, 'jobs').flatMap(([job, definition]) =>
    entriesAt(definition, 'steps').map(([, step]) => ({ job, step })),
  )

/** Whether a step is one of this action. */
export const isOurs = ({ step }: Step): boolean => {
  const uses = String(at(step, 'uses'))
  return uses === './' || uses.startsWith(`${OURS}@`)
}

/** The inputs that a step of this action has and should not, or has not and should. */
const inputErrors = (workflow: unknown): string[] =>
  stepsOf(workflow)
    .filter(isOurs)
    .flatMap(({ job, step }) => {
      const given = entriesAt(step, 'with').map(([name]) => name)
      return [
        ...given.filter(name => !(name in inputs)).map(name => `${job}: there is no input ${name}`),
        ...Object.entries(inputs)
          .filter(([name, { required }]) => required && !given.includes(name))
          .map(([name]) => `${job}: the input ${name} is missing`),
      ]
    })

/** The outputs of this action that are read and do not exist, and those of a job that it does not hand on. */
const outputErrors = (workflow: unknown): string[] =>
  entriesAt(workflow, 'jobs').flatMap(([job, definition]) => {
    const text = JSON.stringify(definition)
    const ours = stepsOf({ jobs: { [job]: definition } })
      .filter(isOurs)
      .map(({ step }) => at(step, 'id'))
    const ofSteps = [...text.matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)]
      .filter(([, id, name = '']) => ours.includes(id) && !(name in outputs))
      .map(([, , name]) => `${job}: there is no output ${name}`)
    // What a called workflow hands on, GitHub's parser looks at.
    const ofJobs = [...text.matchAll(/\bneeds\.([\w-]+)\.outputs\.([\w-]+)/g)]
      .filter(([, needed = '']) => at(workflow, 'jobs', needed, 'uses') === undefined)
      .filter(([, needed = '', name = '']) => at(workflow, 'jobs', needed, 'outputs', name) === undefined)
      .map(([, needed, name]) => `${job}: the job ${needed} has no output ${name}`)
    return [...ofSteps, ...ofJobs]
  })

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/

/** Actions and workflows of others that are not pinned by a commit with its version. */
const pinErrors = (content: string): string[] =>
  content
    .split('\n')
    .flatMap(line => /^\s*(?:- )?["']?uses["']?:\s*(.*?)\s*$/.exec(line)?.[1] ?? [])
    .filter(uses => !uses.startsWith('./') && !uses.startsWith(`${OURS}@`) && !uses.startsWith(`${OURS}/`))
    .filter(uses => !PINNED.test(uses))
    .map(uses => `${uses} is not pinned by a commit with its version`)

/** Images of containers that are not pinned by their digest. */
const imageErrors = (content: string): string[] =>
  content
    .split('\n')
    // Neither an expression nor a list, whose values stand elsewhere.
    .flatMap(line => /^\s*(?:- )?image: ([^$[].*)/.exec(line)?.[1] ?? [])
    .filter(image => !/@sha256:[0-9a-f]{64}\b/.test(image))
    .map(image => `${image} is not pinned by its digest`)

/** Checkouts that leave their token to the steps after them, without a word. */
const checkoutErrors = (workflow: unknown): string[] =>
  stepsOf(workflow)
    .filter(({ step }) => String(at(step, 'uses')).startsWith('actions/checkout@'))
    .filter(({ step }) => at(step, 'with', 'persist-credentials') === undefined)
    .map(({ job }) => `${job}: the checkout does not say whether its token persists`)

const runErrors = (workflow: unknown): string[] =>
  stepsOf(workflow)
    .filter(({ step }) => String(at(step, 'run')).includes('${'.concat('{')))
    .map(({ job }) => `${job}: a shell line has an expression; hand it on by env`)

/** Programs that run what they are given, and a variable in it of which nothing was left out. */
const CODE = /\b(?:sed|perl|eval|sh -c)\b.*"[^"]*\$(?!\{\w+\/\/\[\^)/

const codeErrors = (workflow: unknown): string[] =>
  stepsOf(workflow)
    .filter(({ step }) => CODE.test(String(at(step, 'run'))))
    .map(({ job }) => `${job}: a variable is run as code`)

/** What decides where a password goes, or what is stable: whoever may start a workflow must not fill that in. */
const FIXED = ['registry', 'project', 'username', 'policy', 'environment']

const formErrors = (workflow: unknown): string[] =>
  entriesAt(workflow, 'on', 'workflow_dispatch', 'inputs')
    .filter(([name]) => FIXED.includes(name))
    .map(([name]) => `the form asks for ${name}`)

const permissionErrors = (workflow: unknown): string[] =>
  at(workflow, 'permissions') !== undefined
    ? []
    : entriesAt(workflow, 'jobs')
        .filter(([, job]) => at(job, 'permissions') === undefined)
        .map(([job]) => `${job}: neither it nor the workflow has permissions`)

/** What GitHub, and this house, have against a workflow. */
export const complaints = async (name: string, content: string): Promise<string[]> => {
  const errors = await workflowErrors(name, content)
  // What is no YAML has nothing else to be looked at.
  if (errors.length > 0) return errors
  const workflow: unknown = parse(content)
  return [
    ...inputErrors(workflow),
    ...outputErrors(workflow),
    ...pinErrors(content),
    ...imageErrors(content),
    ...checkoutErrors(workflow),
    ...runErrors(workflow),
    ...codeErrors(workflow),
    ...formErrors(workflow),
    ...permissionErrors(workflow),
  ]
}

/** Jobs that two runs for one tag could do at once. */
export const jobsWithoutConcurrency = (content: string): string[] => {
  const workflow: unknown = parse(content)
  if (at(workflow, 'concurrency') !== undefined) return []
  return entriesAt(workflow, 'jobs')
    .filter(([, job]) => at(job, 'concurrency') === undefined)
    .map(([job]) => job)
}

/** Jobs that may hang for GitHub's six hours; one that calls a workflow has the limits of that. */
export const jobsWithoutTimeout = (content: string): string[] =>
  entriesAt(parse(content), 'jobs')
    .filter(([, job]) => at(job, 'uses') === undefined && at(job, 'timeout-minutes') === undefined)
    .map(([job]) => job)

/** Jobs of a workflow that can run by hand whose checkout would be of the branch, and not of the git tag. */
export const checkoutsOfTheBranch = (content: string): string[] => {
  const workflow: unknown = parse(content)
  if (!entriesAt(workflow, 'on').some(([event]) => event === 'workflow_dispatch')) return []
  return stepsOf(workflow)
    .filter(({ step }) => String(at(step, 'uses')).startsWith('actions/checkout@'))
    .filter(({ step }) => at(step, 'with', 'repository') === undefined)
    .filter(({ step }) => !String(at(step, 'with', 'ref')).includes('inputs.'))
    .map(({ job }) => job)
}
