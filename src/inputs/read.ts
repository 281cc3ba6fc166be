import * as core from '@actions/core'
import { type InputName, inputs } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import { nearMiss } from './near-miss.ts'

/** What docker's own actions call an input, and where that goes here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  dockerfile: 'Write its path into the input file.',
  image: 'Write its name into the input service, and what stands before it into registry and project.',
  'image-name': 'Write it into the input service.',
  images: 'Write registry, project and service; the policy says which tags there are.',
  platforms: 'Write --platform=… into the input build-options.',
  'cache-from': 'Write --cache-from=… into the input build-options.',
  'cache-to': 'Write --cache-to=… into the input build-options.',
  target: 'Write --target=… into the input build-options.',
  secrets: 'Write --secret=… into the input build-options.',
  tags: 'The git tag is the input tag; which image tags it gets is for the input policy to say.',
  token: 'The token of the registry goes into the input password, that of GitHub into github-token.',
  user: 'Write it into the input username.',
}

/** The text of every input, trimmed; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

const names = Object.keys(inputs) as InputName[]

/** What a required input may look like. */
const EXAMPLES: Readonly<Partial<Record<InputName, string>>> = {
  registry: 'registry.cern.ch',
  service: 'reqmgr2',
}

/**
 * Inputs that were given and do not exist. The runner only warns of them; here, one that is nearly the name
 * of an input, or that docker's actions have, is an error, as its author believes that it works.
 *
 * Throws `invalid-input`.
 */
export const refuseMisspelt = (env: NodeJS.ProcessEnv): void => {
  const known: readonly string[] = names
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('INPUT_')) continue
    const given = variable.slice('INPUT_'.length).toLowerCase()
    if (known.includes(given)) continue
    const meant = nearMiss(given, known)
    const wayOut = ELSEWHERE[given] ?? (meant === undefined ? undefined : `Did you mean ${meant}?`)
    if (wayOut === undefined) continue
    throw new ReleaseError('invalid-input', { what: `There is no input ${given}.`, wayOut })
  }
}

/** Reads all inputs, of which some are secrets. Throws `invalid-input`. */
export const readInputs = (env: NodeJS.ProcessEnv, secrets: Secrets): InputTexts => {
  refuseMisspelt(env)
  const texts = Object.fromEntries(names.map(name => [name, core.getInput(name)])) as Record<
    InputName,
    string
  >
  secrets.addInputs(texts)
  for (const name of names) {
    if (inputs[name].required && texts[name] === '') {
      throw new ReleaseError('invalid-input', {
        what: `The input ${name} is missing or empty.`,
        wayOut: `Write it below "with:", as "${name}: ${EXAMPLES[name] ?? '…'}". A variable or secret that does not exist is empty too.`,
      })
    }
  }
  return texts
}
