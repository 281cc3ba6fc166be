import * as core from '@actions/core'
import type { InputName } from '../contract.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import { nearMiss } from './near-miss.ts'
import { type InputTexts, inputNames, textsOf } from './texts.ts'
import type { Mistake } from './validated.ts'

/** Where an input of another action goes here: the inputs that have its place, and what to do. */
interface Elsewhere {
  readonly inputs?: readonly InputName[]
  readonly remedy: string
}

const option = (written: string): Elsewhere => ({
  remedy: `Write ${written} into the input build-options.`,
})

const PUSHED = 'Leave it out: the image is pushed to the registry.'
const SERVICE: Elsewhere = {
  inputs: ['service'],
  remedy: 'Write its name into the input service, and what stands before it into registry and project.',
}
const SECRETS = option('--secret=…')

/** Inputs of docker's own actions, and of others that build images. */
const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'add-hosts': option('--add-host=…'),
  allow: option('--allow=…'),
  annotations: option('--annotation=…'),
  attests: option('--attest=…'),
  'build-contexts': option('--build-context=…'),
  builder: option('--builder=…'),
  'cache-from': option('--cache-from=…'),
  'cache-to': option('--cache-to=…'),
  call: { remedy: 'Leave it out: it would build nothing. The command plan only checks.' },
  'cgroup-parent': option('--cgroup-parent=…'),
  dockerfile: { inputs: ['file'], remedy: 'Write its path into the input file.' },
  'dry-run': { inputs: ['command'], remedy: 'Leave it out, and write command: plan, which changes nothing.' },
  flavor: { remedy: 'Leave it out: which image tags there are is for the input policy to say.' },
  image: SERVICE,
  'image-name': { inputs: ['service'], remedy: 'Write it into the input service.' },
  images: {
    inputs: ['service'],
    remedy: 'Write registry, project and service; the policy says which tags there are.',
  },
  load: { remedy: `${PUSHED} The command build leaves it on the runner instead.` },
  network: option('--network=…'),
  'no-cache': option('--no-cache'),
  'no-cache-filters': option('--no-cache-filter=…'),
  'no-push': {
    inputs: ['command'],
    remedy: 'Leave it out, and write command: build, which pushes nothing, or command: plan.',
  },
  output: { remedy: PUSHED },
  outputs: { remedy: PUSHED },
  platform: option('--platform=…'),
  platforms: option('--platform=…'),
  provenance: option('--provenance=…'),
  pull: option('--pull'),
  push: {
    remedy: 'Leave it out: the image is always pushed. The commands build and plan push nothing.',
  },
  repository: SERVICE,
  sbom: option('--sbom=…'),
  'secret-envs': SECRETS,
  'secret-files': SECRETS,
  secrets: SECRETS,
  'shm-size': option('--shm-size=…'),
  ssh: option('--ssh=…'),
  tags: {
    inputs: ['tag'],
    remedy: 'The git tag is the input tag; which image tags it gets is for the input policy to say.',
  },
  target: option('--target=…'),
  token: {
    inputs: ['password'],
    remedy: 'The token of the registry goes into the input password, that of GitHub into github-token.',
  },
  ulimit: option('--ulimit=…'),
  user: { inputs: ['username'], remedy: 'Write it into the input username.' },
}

/** The input that a misspelt one was meant to be, with what to do. */
const meantBy = (given: string): Elsewhere | undefined => {
  // Other actions write no_push, or "no push".
  const known = given.replace(/[_ ]/g, '-')
  if (Object.hasOwn(ELSEWHERE, known)) return ELSEWHERE[known]
  const input = inputNames.find(name => name === nearMiss(given, inputNames))
  return input === undefined ? undefined : { inputs: [input], remedy: `Did you mean ${input}?` }
}

/**
 * Inputs that were given and do not exist. The runner only warns of them; here, one that is nearly the name
 * of an input, or that docker's actions have, is a mistake, as its author believes that it works.
 */
export const unknownInputs = (env: NodeJS.ProcessEnv): Mistake[] =>
  Object.keys(env).flatMap(variable => {
    if (!variable.startsWith('INPUT_')) return []
    const given = variable.slice('INPUT_'.length).toLowerCase()
    if ((inputNames as readonly string[]).includes(given)) return []
    const meant = meantBy(given)
    if (meant === undefined) return []
    return [{ name: 'invalid-input', what: `There is no input ${oneLine(given)}.`, ...meant }]
  })

/** Reads all inputs, of which some are secrets. */
export const readInputs = (secrets: Secrets): InputTexts => {
  const texts = textsOf(name => core.getInput(name))
  secrets.addInputs(texts)
  return texts
}
