import type { Result } from '../commands/result.ts'
import { oneLine } from '../text.ts'
import { kindInWords, outcomeInWords } from './words.ts'

/** The tags of a result and what became of each, as aligned lines. */
export const tableOf = ({ command, image, tags, digest }: Result): string => {
  const width = Math.max(...tags.map(({ tag }) => tag.length))
  const lines = tags.map(tag => {
    const kind = kindInWords(tag)
    return `  ${tag.tag.padEnd(width)}  ${oneLine(outcomeInWords(tag, command))}${kind === '' ? '' : ` (${kind})`}`
  })
  return [digest === undefined ? image : `${image}@${digest}`, ...lines].join('\n')
}
