import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { blocksOf } from '../cli/markdown.ts'
import { refusal, requestWith, runIn, temporaryFolder, write } from '../inputs/order.ts'
import { filled, read } from './github.ts'
import {
  checkoutsOfTheBranch,
  complaints,
  entriesAt,
  isOurs,
  jobsWithoutConcurrency,
  jobsWithoutTimeout,
  stepsOf,
} from './workflow-rules.ts'

const root = new URL('../../', import.meta.url)

/** The files of a folder whose names end so, by their paths. */
const filesIn = (folder: string, end = /\.ya?ml$/): string[] =>
  readdirSync(new URL(folder, root))
    .filter(name => end.test(name))
    .sort()
    .map(name => `${folder}/${name}`)

/** Git tags of the repositories that the examples are for. */
const TAGS = ['2.3.4', 'sqoop-1.2.3', 'release-1.2.3.cms4', 'fileinvalidation-v1.2.3', 'v1.2.3', '1.2.3']

const allExamples = filesIn('examples')
/** Those for GitHub; what is for GitLab, gitlab-example.real.test.ts looks at. */
const examples = allExamples.filter(path => !path.endsWith('.gitlab-ci.yml'))

/** What the guides show in YAML. */
const shown = filesIn('docs', /\.md$/).flatMap(path =>
  blocksOf(read(path)).flatMap(block =>
    block.kind === 'fence' && block.info === 'yaml'
      ? [{ path: `${path}:${block.line}`, content: block.text }]
      : [],
  ),
)
const shownSteps = shown
  .filter(({ content }) => content.startsWith('- '))
  .map(({ path, content }) => ({
    path,
    content: `on: push\npermissions: {}\njobs:\n  shown:\n    runs-on: linux\n    steps:\n${content.replaceAll(/^/gm, '      ')}\n`,
  }))
const complete = examples.map(path => ({ path, content: read(path) }))
const workflows = [
  ...filesIn('.github/workflows').map(path => ({ path, content: read(path) })),
  ...complete,
  ...shownSteps,
]

test('there are examples, and steps in the guides, which leave whole workflows to the examples', () => {
  for (const some of [examples, shownSteps]) expect(some).not.toEqual([])
  expect(shown.filter(({ content }) => /^jobs:$/m.test(content))).toEqual([])
})

test.each(workflows)(
  '$path is taken by GitHub, and is as careful as it should be',
  async ({ path, content }) => {
    expect(await complaints(path, content)).toEqual([])
  },
)

test.each(allExamples)('%s says for whom it is', path => {
  expect(read(path)).toMatch(/^# For /)
})

describe.each(complete)('$path', ({ content }) => {
  test('keeps two runs apart', () => {
    expect(jobsWithoutConcurrency(content)).toEqual([])
  })

  test('ends, and builds the git tag when it is run by hand', () => {
    expect(jobsWithoutTimeout(content)).toEqual([])
    expect(checkoutsOfTheBranch(content)).toEqual([])
  })

  test.each(stepsOf(parse(content)).filter(isOurs))(
    'asks in $job for what the action takes',
    ({ job, step }) => {
      const folder = temporaryFolder()
      const matrix = entriesAt(parse(content), 'jobs', job, 'strategy', 'matrix', 'include')[0]?.[1]
      const login = { CERN_LOGIN: 'me', HARBOR_USERNAME: 'me', cern_user: 'me' }
      const tokens = { CERN_TOKEN: 's', HARBOR_TOKEN: 's', GITHUB_TOKEN: 's', cern_token: 's' }
      const texts = filled(entriesAt(step, 'with'), {
        github: {
          actor: 'octocat',
          ref_name: '2.3.4',
          repository_owner: 'Octocat',
          event: { repository: { name: 'My-Service' } },
          token: 's',
        },
        vars: { CERN_LOGIN: 'me', HARBOR_REPOSITORY: 'cmsrucio' },
        secrets: { ...login, ...tokens },
        env: filled(entriesAt(parse(content), 'env'), {}),
        inputs: { tag: '2.3.4', digest: `sha256:${'ab'.repeat(32)}`, wmcore_component: 'reqmgr2' },
        matrix: { image: 'rucio-ui', service: 'my-service', ...filled(entriesAt(matrix), {}) },
        // What other jobs hand on is not known here.
        needs: {},
      })
      const used = {
        [texts.used?.replace('*', 'a') ?? 'any']: 'registry.cern.ch/cmswmcore/reqmgr2:2.3.4-stable',
      }
      write(folder, {
        [`${texts.context ?? '.'}/Dockerfile`]: '',
        [texts.file ?? 'any']: '',
        [texts['html-file'] ?? 'any']: '',
        ...used,
      })
      const orderOf = (tag: string) =>
        [{ ...texts, ...(texts.tag === undefined ? {} : { tag }) }, runIn(folder, { tag })] as const
      const tag = TAGS.find(each => !refusal(...orderOf(each)).startsWith('tag-refused')) ?? ''
      // What a step of an example writes into the environment.
      expect(requestWith(...orderOf(tag), { RUCIO_VERSION: '2.3.4' }).warnings).toEqual([])
    },
  )
})

test('the actions of others are of one version everywhere', () => {
  const pins = new Map<string, Set<string>>()
  for (const { content } of workflows) {
    for (const [, action = '', pin = ''] of content.matchAll(/uses: ([\w./-]+)@([0-9a-f]{40} # .*)/g)) {
      pins.set(action, (pins.get(action) ?? new Set()).add(pin))
    }
  }
  expect([...pins].filter(([, found]) => found.size > 1)).toEqual([])
})

test('the table of the examples has them all, and its links lead somewhere', () => {
  const [table] = blocksOf(read('examples/README.md')).flatMap(block =>
    block.kind === 'table' ? [block] : [],
  )
  const named = table?.rows.map(row => `examples/${/\[(.*)\]\(\1\)/.exec(row.workflow ?? '')?.[1]}`)
  expect(named?.toSorted()).toEqual(allExamples)
})
