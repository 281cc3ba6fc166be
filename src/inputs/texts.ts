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
  readonly log: Pick<Log, 'warning'>
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

/** The lines that are not empty, numbered from 1: a line may be a secret, its number is not. */
export function linesOf(text: string): { number: number; line: string }[] {
  const lines = text.split(/\r?\n/).map((line, index) => ({ number: index + 1, line: line.trim() }))
  return lines.filter(({ line }) => line !== '')
}

/** Inputs of docker's own actions, and where they go here. */
const FOREIGN_INPUTS = new Map<string, readonly [InputName, string]>([
  ['dockerfile', ['file', 'Write its path into file.']],
  ['no-push', ['command', 'Write command: build or command: plan, which push nothing.']],
  ['platforms', ['build-options', 'Write --platform=… into build-options.']],
  ['push', ['command', 'release and push push; the other commands do not.']],
  ['secrets', ['build-options', 'Write --secret=… into build-options.']],
  ['tags', ['tag', 'tag is the git tag; policy says which image tags it gets.']],
  ['target', ['build-options', 'Write --target=… into build-options.']],
])

/** Notes inputs that do not exist, if they resemble one or are docker's; the runner only warns of them. */
export function noteUnknownInputs(env: NodeJS.ProcessEnv, mistakes: Mistakes): void {
  for (const variable of Object.keys(env)) {
    const given = /^INPUT_(.*)/s.exec(variable)?.[1]?.toLowerCase()
    if (given === undefined || inputNames.some(name => name === given)) continue
    const known = given.replace(/[_ ]/g, '-')
    const near = nearMiss(known, inputNames)
    const meant = FOREIGN_INPUTS.get(known) ?? (near && ([near, `Did you mean ${near}?`] as const))
    if (meant) mistakes.add(meant[0], `There is no input ${oneLine(given)}.`, meant[1])
  }
}
