import { type InputName, inputs } from '../contract.ts'

/** The names of all inputs. */
export const inputNames = Object.keys(inputs) as readonly InputName[]

/** The text of every input, trimmed; empty where nothing was given. */
export type InputTexts = Readonly<Record<InputName, string>>

/** The texts of all inputs, each as `textOf` gives it. */
export const textsOf = (textOf: (input: InputName) => string): InputTexts =>
  Object.fromEntries(inputNames.map(name => [name, textOf(name)])) as InputTexts
