import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, Source } from './catalogue.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Reads a file of this repository. */
export const readOwn = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

/** The first workflow of the README that uses the action. */
const smallestWorkflow = async (): Promise<string> => {
  const blocks = Array.from(
    (await readOwn('README.md')).matchAll(/^```yaml\n([\s\S]*?)^```$/gm),
    ([, block = '']) => block,
  )
  const isWorkflow = (block: string): boolean =>
    /^jobs:/m.test(block) && !/^on:\n +workflow_call:/m.test(block)
  const found = blocks.find(
    block => isWorkflow(block) && block.includes('- uses: dmwm/stable-release-action@'),
  )
  if (found === undefined) throw new Error('README.md has no workflow with a step of the action')
  return found
}

/** The text of a workflow. */
export const textOf = async (source: Source): Promise<string> => {
  if (source.kind === 'file') return readOwn(source.path)
  return source.kind === 'readme' ? smallestWorkflow() : source.text
}

/** What a report calls it. */
export const nameOf = (source: Source): string => {
  if (source.kind === 'file') return source.path
  return source.kind === 'readme' ? 'README.md' : 'the caller'
}

/** The files that an entry needs and this repository does not have. */
export const missingFiles = ({ runs }: Entry): string[] =>
  runs
    .flatMap(({ workflow, besides = {} }) => [workflow, ...Object.values(besides)])
    .flatMap(source => (source.kind === 'file' && !existsSync(join(ROOT, source.path)) ? [source.path] : []))
