import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inOptions } from '../../src/cli/wording.ts'
import { errorTitles } from '../../src/errors.ts'
import { inputNames } from '../../src/inputs/texts.ts'

const OTHER_VERSION = 'release a new version'

test.each([
  {
    said: `If it is the right image, set on-existing: reuse; if not, ${OTHER_VERSION}, or set on-existing: overwrite to replace what is there.`,
    here: `If it is the right image, use --on-existing reuse; if not, ${OTHER_VERSION}, or use --on-existing overwrite to replace what is there.`,
  },
  {
    said: 'Set on-existing: same-revision to go on.',
    here: 'Use --on-existing same-revision to go on.',
  },
  { said: '2.3.4 is there, and on-existing is fail.', here: '2.3.4 is there, and --on-existing is fail.' },
  { said: 'Look at it, or set on-existing.', here: 'Look at it, or use --on-existing.' },
  { said: 'With stable: on-promotion it waits.', here: 'With --stable on-promotion it waits.' },
  {
    said: 'Then run it again; checks-timeout makes it wait for them.',
    here: 'Then run it again; --checks-timeout makes it wait for them.',
  },
  {
    said: 'Check package and package-index; or give a longer package-timeout.',
    here: 'Check --package and --package-index; or give a longer --package-timeout.',
  },
  {
    said: 'To write what is withheld, run it with command: promote, service: reqmgr2, tag: 2.3.4, registry: r.example, project: p/q, digest: sha256:ab, and the same policy, require-checks and login, as promote_stable_images.yaml does.',
    here: 'To write what is withheld, run stable-release promote reqmgr2 2.3.4 r.example p/q --digest sha256:ab, with the same policy, checks and login.',
  },
  {
    said: 'Keep two runs apart with a concurrency group.',
    here: 'Do not run two at once.',
  },
  { said: 'failed: An input is not valid', here: 'failed: The call is not valid' },
])('$said', ({ said, here }) => {
  expect(inOptions(said)).toBe(here)
  expect(inOptions(here)).toBe(here)
})

test.each([
  '--on-existing is "overwite"',
  'ghcr.io/dmwm/build-args:1.0',
  'docs/build-options.md',
  'my-policy-file and policy-file.txt',
  'The rule stable gives it',
])('%s stays', text => {
  expect(inOptions(text)).toBe(text)
})

describe('no message of the program speaks of inputs or workflows at the command line', () => {
  /** What knows that it speaks to a workflow, or to whom, is not asked here. */
  const folders = ['commands', 'docker', 'gates', 'git', 'github', 'http', 'policy', 'reconcile', 'registry']
  const src = new URL('../../src/', import.meta.url).pathname
  const sources = folders.flatMap(folder =>
    readdirSync(join(src, folder)).map(name => readFileSync(join(src, folder, name), 'utf8')),
  )
  const NAMES = inputNames.filter(name => name.includes('-')).join('|')
  const OF_WORKFLOWS = new RegExp(
    `(?<![\\w./-])(?:${NAMES})(?![\\w/-])|(?<!git )\\b(?:command|stable|service|tag|digest): [a-z]|(?<!standard )\\binputs?\\b|\\b(?:jobs?|workflows?|workspace|runners?|concurrency)\\b|\\bstep (?:with|before)|actions/`,
    'i',
  )
  const LITERAL = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g
  const messages = sources
    .flatMap(source =>
      Array.from(
        source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import .*$/gm, '').matchAll(LITERAL),
        ([literal]) => literal.slice(1, -1),
      ),
    )
    .filter(literal => literal.includes(' '))
    // Of what depends on something, all of it; of what is put in, nothing.
    .map(literal => literal.replace(/\$\{[^}]*\? '' : '([^']*)'\}/g, '$1').replace(/\$\{[^{}]*\}/g, '0'))
  const titles = Object.values(errorTitles)

  test('there are some that do', () => {
    expect(messages.filter(message => OF_WORKFLOWS.test(message)).length).toBeGreaterThan(15)
  })

  test.each([...titles, ...messages.filter(message => OF_WORKFLOWS.test(message))])('%s', message => {
    expect(inOptions(message)).not.toMatch(OF_WORKFLOWS)
  })
})
