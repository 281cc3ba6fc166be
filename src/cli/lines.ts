import { ReleaseError } from '../errors.ts'

/** The longest line that is taken for a git tag, in characters: many times the longest path of a file system. */
const MAX_LINE = 65_536

const refuseEndless = (rest: string): void => {
  if (rest.length <= MAX_LINE) return
  throw new ReleaseError('invalid-input', {
    what: `Standard input has a line of more than ${MAX_LINE} characters.`,
    remedy: 'Give it git tags, one a line, such as git tag prints them.',
  })
}

/**
 * The lines of UTF-8 text, trimmed and without the blank ones, in groups as they come. Holds no more than one
 * chunk and one line. Throws `invalid-input` for a line without end.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  const written = (lines: readonly string[]): string[] =>
    lines.map(line => line.trim()).filter(line => line !== '')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    refuseEndless(rest)
    yield written(lines)
  }
  yield written([rest + decoder.decode()])
}
