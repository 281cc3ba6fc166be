import * as core from '@actions/core'
import { type InputName, inputs } from '../contract.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Mistakes } from './mistakes.ts'
import { nearMiss } from './near-miss.ts'

/** The text of every input, trimmed; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

/** The names of all inputs. */
export const inputNames = Object.keys(inputs) as readonly InputName[]

/** Reads all inputs of the step, of which some are secrets. */
export function readInputs(secrets: Secrets): InputTexts {
  const texts = textsOf(name => core.getInput(name))
  secrets.addInputs(texts)
  return texts
}

/** The texts of all inputs, each as `textOf` gives it. */
export function textsOf(textOf: (input: InputName) => string): InputTexts {
  return Object.fromEntries(inputNames.map(name => [name, textOf(name)])) as InputTexts
}

/** Inputs of docker's own actions, and where they go here. */
const FOREIGN_INPUTS: Readonly<Record<string, { input: InputName; remedy: string }>> = {
  dockerfile: { input: 'file', remedy: 'Write its path into file.' },
  images: {
    input: 'service',
    remedy: 'Write registry, project and service; the policy says which tags there are.',
  },
  'no-push': { input: 'command', remedy: 'Write command: build, which pushes nothing, or command: plan.' },
  platforms: { input: 'build-options', remedy: 'Write --platform=… into build-options.' },
  push: { input: 'command', remedy: 'The image is always pushed. The commands build and plan push nothing.' },
  secrets: { input: 'build-options', remedy: 'Write --secret=… into build-options.' },
  tags: { input: 'tag', remedy: 'The git tag is tag; which image tags it gets is for policy to say.' },
  'cache-from': { input: 'build-options', remedy: 'Write --cache-from=… into build-options.' },
  'cache-to': { input: 'build-options', remedy: 'Write --cache-to=… into build-options.' },
}

/**
 * Notes inputs that were given and do not exist. The runner only warns of them; one that is nearly the name of an input, or
 * that docker's actions have, is a mistake, as its author believes that it works.
 */
export function noteUnknownInputs(env: NodeJS.ProcessEnv, mistakes: Mistakes): void {
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('INPUT_')) continue
    const given = variable.slice('INPUT_'.length).toLowerCase()
    if (inputNames.some(name => name === given)) continue
    const known = given.replace(/[_ ]/g, '-')
    const near = nearMiss(known, inputNames) as InputName | undefined
    const meant = Object.hasOwn(FOREIGN_INPUTS, known)
      ? FOREIGN_INPUTS[known]
      : near && { input: near, remedy: `Did you mean ${near}?` }
    if (meant !== undefined) mistakes.add(meant.input, `There is no input ${oneLine(given)}.`, meant.remedy)
  }
}
