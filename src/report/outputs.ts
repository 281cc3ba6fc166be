import * as core from '@actions/core'
import { isPublished, type Result } from '../commands/result.ts'
import type { OutputName } from '../contract.ts'

/** The outputs of the action for a result. */
export const outputsOf = (result: Result): Record<OutputName, string> => {
  const { image, rule, tags, digest } = result
  const published = result.command === 'plan' ? tags : tags.filter(isPublished)
  const stable = published.filter(tag => tag.stable)
  const lines = (some: readonly { reference: string }[]): string =>
    some.map(({ reference }) => reference).join('\n')
  return {
    image,
    tag: tags[0]?.tag ?? '',
    rule,
    'is-stable': String(tags.some(tag => tag.stable)),
    tags: lines(published),
    'stable-tags': lines(stable),
    withheld: lines(tags.filter(({ outcome }) => outcome === 'withheld')),
    digest: digest ?? '',
    reference: digest === undefined ? '' : `${image}@${digest}`,
    json: JSON.stringify(result),
  }
}

/** Sets the outputs of the step. */
export const setOutputs = (result: Result): void => {
  for (const [name, value] of Object.entries(outputsOf(result))) core.setOutput(name, value)
}
