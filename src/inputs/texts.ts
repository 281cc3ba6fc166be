import * as core from '@actions/core'
import { type InputName, inputs } from '../action-yml.ts'
import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Mistakes } from './mistakes.ts'
import { nearMiss } from './near-miss.ts'
import type { RunContext } from './run-context.ts'

/** Trimmed; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

export interface Reading {
  readonly texts: InputTexts
  readonly run: RunContext
  readonly mistakes: Mistakes
  readonly log: Pick<Log, 'warning' | 'notice'>
  readonly env: NodeJS.ProcessEnv
}

export const inputNames = Object.keys(inputs) as readonly InputName[]

export function readInputs(secrets: Secrets): InputTexts {
  const texts = textsOf(name => core.getInput(name))
  secrets.addInputs(texts)
  return texts
}

export function textsOf(textOf: (input: InputName) => string): InputTexts {
  return Object.fromEntries(inputNames.map(name => [name, textOf(name)])) as InputTexts
}

/** `wrong` and `warn` name a line by its number: it may hold a secret. */
export function linesOf(input: InputName, { texts, mistakes, log }: Reading) {
  return texts[input].split('\n').flatMap((text, index) => {
    const line = text.trim()
    const what = (problem: string) => oneLine(`${input}, line ${index + 1}: ${problem}.`)
    const wrong = (problem: string, remedy: string) => mistakes.add(input, what(problem), oneLine(remedy))
    const warn = (problem: string, remedy: string) =>
      log.warning(`Possible mistake in ${input}`, `${what(problem)} ${remedy}`)
    return line === '' ? [] : [{ line, wrong, warn }]
  })
}

/** Inputs of other actions, and ours for them. */
const FOREIGN_INPUTS = new Map<string, InputName>([
  ['dockerfile', 'file'],
  ['no-push', 'command'],
  ['platforms', 'build-options'],
  ['push', 'command'],
  ['secrets', 'build-options'],
  ['target', 'build-options'],
  ['user', 'username'],
])

/** Those that resemble ours or are docker's; the runner only warns of them. */
export function noteUnknownInputs(env: NodeJS.ProcessEnv, mistakes: Mistakes) {
  for (const variable of Object.keys(env)) {
    const given = /^INPUT_(.*)/s.exec(variable)?.[1]?.toLowerCase()
    if (given === undefined || inputNames.some(name => name === given)) continue
    const known = given.replace(/[_ ]/g, '-')
    const meant = FOREIGN_INPUTS.get(known) ?? nearMiss(known, inputNames)
    if (meant) mistakes.add(meant, `There is no input ${oneLine(given)}.`, `Did you mean ${meant}?`)
  }
}
