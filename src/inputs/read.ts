import * as core from '@actions/core'
import { type InputName, inputs } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import { nearMiss } from './near-miss.ts'

/** The text of every input, trimmed; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

const names = Object.keys(inputs) as InputName[]

/**
 * Inputs that were given and do not exist. The runner only warns of them; here, one that is nearly the name
 * of an input is an error, as its author believes that it works.
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
    if (meant === undefined) continue
    throw new ReleaseError('invalid-input', {
      what: `There is no input ${given}.`,
      wayOut: `Did you mean ${meant}? The inputs are ${names.join(', ')}.`,
    })
  }
}

/** Reads all inputs, and has the runner mask the secret ones in the log. Throws `invalid-input`. */
export const readInputs = (env: NodeJS.ProcessEnv): InputTexts => {
  refuseMisspelt(env)
  const texts = Object.fromEntries(names.map(name => [name, core.getInput(name)])) as Record<
    InputName,
    string
  >
  const { username, password } = texts
  if (password !== '') {
    core.setSecret(password)
    core.setSecret(Buffer.from(`${username}:${password}`).toString('base64'))
  }
  for (const name of names) {
    if (inputs[name].required && texts[name] === '') {
      throw new ReleaseError('invalid-input', {
        what: `The input ${name} is missing.`,
        wayOut: `Add "${name}: …" below with. ${inputs[name].description}`,
      })
    }
  }
  return texts
}
