import * as core from '@actions/core'
import { type InputName, inputs } from '../action-yml.ts'
import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import type { Mistakes } from './mistakes.ts'
import { nearMiss } from './near-miss.ts'
import type { RunContext } from './run-context.ts'

/** The trimmed text of every input; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

/** What requests are made of, and where mistakes and warnings go. */
export interface Reading {
  readonly texts: InputTexts
  readonly run: RunContext
  readonly mistakes: Mistakes
  readonly log: Pick<Log, 'warning' | 'notice'>
  /** The environment of the build. */
  readonly env: NodeJS.ProcessEnv
}

export const inputNames = Object.keys(inputs) as readonly InputName[]

/** Reads all inputs of the step, and masks those that are secrets. */
export function readInputs(secrets: Secrets): InputTexts {
  const texts = textsOf(name => core.getInput(name))
  secrets.addInputs(texts)
  return texts
}

export function textsOf(textOf: (input: InputName) => string): InputTexts {
  return Object.fromEntries(inputNames.map(name => [name, textOf(name)])) as InputTexts
}

/** A line of an input. `wrong` and `warn` name it by its number: it may hold a secret. */
interface Line {
  readonly line: string
  readonly wrong: (problem: string, remedy: string) => void
  readonly warn: (problem: string, remedy: string) => void
}

export function linesOf(input: InputName, { texts, mistakes, log }: Reading): Line[] {
  return texts[input].split(/\r?\n/).flatMap((text, index) => {
    const what = (problem: string): string => oneLine(`${input}, line ${index + 1}: ${problem}.`)
    const wrong: Line['wrong'] = (problem, remedy) => mistakes.add(input, what(problem), oneLine(remedy))
    const warn: Line['warn'] = (problem, remedy) =>
      log.warning(`Possible mistake in ${input}`, `${what(problem)} ${remedy}`)
    return text.trim() === '' ? [] : [{ line: text.trim(), wrong, warn }]
  })
}

/** Inputs of docker's own actions, and what they are here. */
const FOREIGN_INPUTS = new Map<string, InputName>([
  ['dockerfile', 'file'],
  ['no-push', 'command'],
  ['platforms', 'build-options'],
  ['push', 'command'],
  ['secrets', 'build-options'],
  ['target', 'build-options'],
])

/** Notes inputs that do not exist, if they resemble one or are docker's; the runner only warns of them. */
export function noteUnknownInputs(env: NodeJS.ProcessEnv, mistakes: Mistakes): void {
  for (const variable of Object.keys(env)) {
    const given = /^INPUT_(.*)/s.exec(variable)?.[1]?.toLowerCase()
    if (given === undefined || inputNames.some(name => name === given)) continue
    const known = given.replace(/[_ ]/g, '-')
    const meant = FOREIGN_INPUTS.get(known) ?? nearMiss(known, inputNames)
    if (meant) mistakes.add(meant, `There is no input ${oneLine(given)}.`, `Did you mean ${meant}?`)
  }
}
