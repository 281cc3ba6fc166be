import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { outputs as actionOutputs, inputs } from '../../src/contract.ts'
import { type ValidRequest, validateRequest } from '../../src/inputs/request.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { blocksOf } from '../cli/markdown.ts'
import { runIn, temporaryFolder, textsWith, write } from '../inputs/order.ts'
import { type Contexts, fill, OURS, read } from './github.ts'
import {
  at,
  checkoutsOfTheBranch,
  complaints,
  entriesAt,
  isOurs,
  jobsWithoutConcurrency,
  jobsWithoutTimeout,
  stepsOf,
} from './workflow-rules.ts'
import { runStep } from './workflow-script.ts'

const root = new URL('../../', import.meta.url)
const TEMPLATE = '.github/workflows/docker_images_template.yaml'
const DIGEST = `sha256:${'ab'.repeat(32)}`
const GUIDES = ['docs/migrating.md', 'docs/multi-platform.md']

/** The files of a folder whose names end in `.yml` or `.yaml`, by their paths. */
const filesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter(name => /\.ya?ml$/.test(name))
    .sort()
    .map(name => `${folder}/${name}`)

const allExamples = filesIn('examples')
/** Those for GitHub; what is for GitLab, gitlab-example.real.test.ts looks at. */
const examples = allExamples.filter(path => !path.endsWith('.gitlab-ci.yml'))

/** What the guides show in YAML. */
const shown = GUIDES.flatMap(path =>
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

  const ours = stepsOf(parse(content)).filter(isOurs)
  test.each(ours)('asks in $job for what the action takes', ({ job, step }) => {
    const folder = temporaryFolder()
    const matrix = entriesAt(parse(content), 'jobs', job, 'strategy', 'matrix', 'include')[0]?.[1]
    const texts = filled(entriesAt(step, 'with'), {
      github: { actor: 'octocat', ref_name: '2.3.4' },
      vars: { CERN_LOGIN: 'me', HARBOR_REPOSITORY: 'cmsrucio' },
      secrets: {
        CERN_LOGIN: 'me',
        CERN_TOKEN: 'secret',
        GITHUB_TOKEN: 'secret',
        HARBOR_USERNAME: 'me',
        HARBOR_TOKEN: 'secret',
        cern_user: 'me',
        cern_token: 'secret',
      },
      env: textsAt(parse(content), 'env'),
      inputs: { tag: '2.3.4', digest: DIGEST, wmcore_component: 'reqmgr2' },
      matrix: { image: 'rucio-ui', service: 'my-service', ...textsAt(matrix) },
      // What other jobs hand on is not known here.
      needs: {},
    })
    if (!texts.context?.includes(':')) {
      write(folder, {
        [`${texts.context ?? '.'}/Dockerfile`]: '',
        ...(texts.file === undefined ? {} : { [texts.file]: '' }),
      })
    }
    expect(validateRequest(textsWith(texts), runIn(folder)).warnings).toEqual([])
  })
})

test.each([
  { path: 'examples/das2go.yaml', image: 'das-server' },
  { path: 'examples/auth-proxy-server.yaml', image: 'auth-proxy-server' },
])(
  '$path writes the version into the Dockerfile, and runs nothing that a git tag holds',
  ({ path, image }) => {
    const versionFor = (gitTag: string) => {
      const cwd = temporaryFolder()
      const file = `CMSKubernetes/docker/${image}/Dockerfile`
      write(cwd, { [file]: 'FROM a\nENV TAG=main\nRUN b\n' })
      const env = { GITHUB_REF_NAME: gitTag }
      const { status } = runStep({ path, name: 'Write the version into the Dockerfile' }, { cwd, env })
      return { status, files: readdirSync(cwd), text: readFileSync(`${cwd}/${file}`, 'utf8') }
    }
    const files = ['CMSKubernetes']
    const text = (version: string) => `FROM a\nENV TAG=${version}\nRUN b\n`
    expect(versionFor('v1.2.3-rc_1')).toEqual({ status: 0, files, text: text('v1.2.3-rc_1') })
    // git takes this name.
    expect(versionFor(['1,;etouch$', '{IFS}evil;#'].join(''))).toEqual({
      status: 0,
      files,
      text: text('1etouchIFSevil'),
    })
  },
)

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

test.each(['examples/README.md', ...GUIDES])('every file that %s links to is there', path => {
  const links = [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter(link => !existsSync(new URL(link, new URL(path, root))))).toEqual([])
})

describe('a broken workflow is found out', () => {
  const sound = `
on: push
permissions: {}
jobs:
  one:
    runs-on: ubuntu-latest
    outputs:
      digest: \${{ steps.release.outputs.digest }}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - id: release
        uses: ${OURS}@v1
        with:
          registry: ghcr.io
          service: one
      - run: echo "$DIGEST"
        env:
          DIGEST: \${{ steps.release.outputs.digest }}
  two:
    needs: one
    uses: ${OURS}/${TEMPLATE}@v1
    with:
      wmcore_component: reqmgr2
      project: \${{ needs.one.outputs.digest }}
    secrets:
      cern_token: \${{ secrets.CERN_TOKEN }}
`
  test('a sound one is not', async () => {
    expect(await complaints('sound.yaml', sound)).toEqual([])
  })

  test.each([
    { broken: 'no YAML', from: 'on: push', to: 'on: [', error: 'Flow sequence' },
    { broken: 'an unknown key', from: 'runs-on', to: 'runs_on', error: "Unexpected value 'runs_on'" },
    { broken: 'an unknown input', from: 'service:', to: 'servce:', error: 'one: there is no input servce' },
    {
      broken: 'a missing input',
      from: '          registry: ghcr.io\n',
      to: '',
      error: 'one: the input registry is missing',
    },
    {
      broken: 'a missing input of the action beside it',
      from: `${OURS}@v1\n        with:\n          registry: ghcr.io\n          service: one`,
      to: './',
      error: 'one: the input service is missing',
    },
    {
      broken: 'an unknown output',
      from: 'outputs.digest }}\n    steps',
      to: 'outputs.digset }}\n    steps',
      error: 'one: there is no output digset',
    },
    {
      broken: 'an output that is not handed on',
      from: 'needs.one.outputs.digest',
      to: 'needs.one.outputs.image',
      error: 'two: the job one has no output image',
    },
    {
      broken: 'an unknown input of the reusable workflow',
      from: 'project:',
      to: 'projekt:',
      error: 'Invalid input, projekt is not defined',
    },
    {
      broken: 'a missing input of the reusable workflow',
      from: '      wmcore_component: reqmgr2\n',
      to: '',
      error: 'Input wmcore_component is required',
    },
    {
      broken: 'an unknown secret',
      from: 'cern_token:',
      to: 'cern_tokn:',
      error: 'Invalid secret, cern_tokn is not defined',
    },
    {
      broken: 'a missing secret',
      from: `    secrets:\n      cern_token: \${{ secrets.CERN_TOKEN }}\n`,
      to: '',
      error: 'Secret cern_token is required',
    },
    {
      broken: 'a reusable workflow that there is not',
      from: 'images_template',
      to: 'image_template',
      error: 'Unable to find reusable workflow',
    },
    {
      broken: 'an action by its version',
      from: 'checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
      to: 'checkout@v7',
      error: 'actions/checkout@v7 is not pinned',
    },
    { broken: 'a commit without its version', from: ' # v7.0.1', to: '', error: 'is not pinned' },
    {
      broken: 'an image for an action',
      from: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
      to: 'docker://alpine',
      error: 'docker://alpine is not pinned',
    },
    {
      broken: 'an expression in a shell line',
      from: 'run: echo "$DIGEST"',
      to: `run: |\n          true\n          echo "\${{ github.head_ref }}"`,
      error: 'one: a shell line has an expression',
    },
    {
      broken: 'a git tag that is a program of sed',
      from: 'run: echo "$DIGEST"',
      to: `run: sed -i "s,^ENV TAG=.*,ENV TAG=$GITHUB_REF_NAME," Dockerfile`,
      error: 'one: a variable is run as code',
    },
    {
      broken: 'a form that asks for the registry',
      from: 'on: push',
      to: 'on: { workflow_dispatch: { inputs: { registry: { type: string } } } }',
      error: 'the form asks for registry',
    },
    {
      broken: 'no permissions',
      from: 'permissions: {}\njobs:\n  one:\n',
      to: 'jobs:\n  one:\n    permissions: {}\n',
      error: 'two: neither it nor the workflow has permissions',
    },
  ])('$broken', async ({ from, to, error }) => {
    expect(sound).toContain(from)
    expect((await complaints('broken.yaml', sound.replace(from, to))).join('\n')).toContain(error)
  })

  test('two runs at once', () => {
    expect(jobsWithoutConcurrency(sound)).toEqual(['one', 'two'])
    expect(jobsWithoutConcurrency(sound.replace('on: push', 'on: push\nconcurrency: one'))).toEqual([])
  })

  test('no end', () => {
    expect(jobsWithoutTimeout(sound)).toEqual(['one'])
  })

  test('a run by hand that builds the branch', () => {
    const byHand = sound.replace('on: push', 'on: { workflow_dispatch: { inputs: { tag: {} } } }')
    const checkout = (given: string): string => byHand.replace(/(checkout@.*)/, `$1\n        with: ${given}`)
    expect(checkoutsOfTheBranch(byHand)).toEqual(['one'])
    expect(checkoutsOfTheBranch(checkout(`{ ref: "\${{ inputs.tag }}" }`))).toEqual([])
    expect(checkoutsOfTheBranch(checkout('{ repository: dmwm/CMSKubernetes }'))).toEqual([])
    expect(checkoutsOfTheBranch(sound)).toEqual([])
  })
})

describe('the reusable workflow', () => {
  const template: unknown = parse(read(TEMPLATE))
  const [job] = entriesAt(template, 'jobs')
  const [release] = stepsOf(template).filter(isOurs)
  const call = at(template, 'on', 'workflow_call')

  test('takes what the one of WMCore takes', () => {
    const mandatory = (kind: string) =>
      entriesAt(call, kind)
        .filter(([, input]) => at(input, 'required') === true)
        .map(([name]) => name)
    expect(mandatory('inputs')).toEqual(['wmcore_component'])
    expect(mandatory('secrets')).toEqual(['cern_token'])
    expect(at(call, 'secrets', 'cern_user')).toBeDefined()
  })

  test('has the defaults of the action for what it hands on, but for what is its own', () => {
    const different = entriesAt(call, 'inputs')
      .filter(([name]) => name in inputs)
      .filter(([name, input]) => at(input, 'default') !== inputs[name as keyof typeof inputs].default)
    expect(different.map(([name]) => name)).toEqual(['registry', 'project'])
  })

  test('hands on every output of the action but the path of a file, which ends with the job', () => {
    const outputs = actionOutputs.filter(name => name !== 'record-path')
    const id = String(at(release?.step, 'id'))
    expect(entriesAt(job?.[1], 'outputs')).toEqual(
      expect.arrayContaining(outputs.map(name => [name, `\${{ steps.${id}.outputs.${name} }}`])),
    )
    expect(entriesAt(call, 'outputs').map(([name, output]) => [name, at(output, 'value')])).toEqual(
      expect.arrayContaining(outputs.map(name => [name, `\${{ jobs.${job?.[0]}.outputs.${name} }}`])),
    )
  })

  const defaults = Object.fromEntries(
    entriesAt(call, 'inputs').map(([name, input]) => [name, at(input, 'default') as string | boolean]),
  )

  /** What the action is asked for when the workflow is called with these inputs and secrets, in a run of 2.3.4. */
  const called = (
    given: Readonly<Record<string, string | boolean>>,
    secrets: Readonly<Record<string, string>> = { cern_user: 'me', cern_token: 'secret' },
    vars: Readonly<Record<string, string>> = {},
  ): ValidRequest['request'] => {
    const folder = temporaryFolder()
    const contexts = {
      inputs: { ...defaults, ...given },
      secrets,
      vars,
      github: { ref_name: '2.3.4', token: 't' },
    }
    const env = textsAt(filled(entriesAt(job?.[1], 'env'), contexts))
    const texts = filled(entriesAt(release?.step, 'with'), { ...contexts, env })
    write(folder, { [`${texts.context}/Dockerfile`]: '' })
    return validateRequest(textsWith(texts), runIn(folder)).request
  }

  test('releases as WMCore does', () => {
    expect(called({ wmcore_component: 'reqmgr2' })).toMatchObject({
      command: 'release',
      repository: { registry: 'registry.cern.ch', path: 'cmswmcore/reqmgr2' },
      gitTag: '2.3.4',
      credentials: { username: 'me', password: 'secret' },
      stable: 'on-release',
      checks: undefined,
      build: { context: 'CMSKubernetes/docker/pypi/reqmgr2', buildArgs: ['TAG=2.3.4'] },
      package: { package: { name: 'reqmgr2', version: '2.3.4' } },
    })
  })

  test.each([
    { given: { wmcore_component: 'msoutput' }, waitsFor: 'msoutput' },
    { given: { wmcore_component: 't0reqmon' }, waitsFor: 'reqmon' },
    { given: { wmcore_component: 't0reqmon', package: 'other' }, waitsFor: 'other' },
    { given: { wmcore_component: 'proxy', 'wait-for-package': false }, waitsFor: undefined },
  ])('$given waits for $waitsFor', ({ given, waitsFor }) => {
    const request = called(given)
    expect('package' in request ? request.package?.package.name : 'no release').toBe(waitsFor)
  })

  test('builds what it is told to', () => {
    const given = { wmcore_component: 'proxy', 'context-path': 'docker/frontend' }
    expect(called(given)).toMatchObject({ build: { context: 'CMSKubernetes/docker/frontend' } })
    expect(called({ ...given, command: 'plan' })).toMatchObject({ command: 'plan' })
  })

  test('takes a name from vars before the secret one, and a token for checks before that of the job', () => {
    const given = { wmcore_component: 'reqmgr2', username: 'robot', 'require-checks': 'testbed' }
    expect(called(given, { cern_token: 'secret' })).toMatchObject({
      credentials: { username: 'robot' },
      checks: { names: ['testbed'], repository: { token: 't' } },
    })
    expect(called(given, { cern_user: 'me', cern_token: 's', checks_token: 'c' })).toMatchObject({
      credentials: { username: 'robot' },
      checks: { repository: { token: 'c' } },
    })
    const plain = { wmcore_component: 'reqmgr2' }
    const vars = { CERN_LOGIN: 'variable' }
    expect(called(plain, { cern_token: 's' }, vars)).toMatchObject({ credentials: { username: 'variable' } })
    expect(called(plain, undefined, vars)).toMatchObject({ credentials: { username: 'me' } })
  })

  test('is kept apart by service and tag', () => {
    const group = String(at(job?.[1], 'concurrency', 'group'))
    const groupOf = (given: Readonly<Record<string, string>>): string =>
      fill(group, { inputs: { ...defaults, ...given }, github: { ref_name: '2.3.4' } })
    const groups = [
      groupOf({ wmcore_component: 'reqmgr2' }),
      groupOf({ wmcore_component: 'reqmon' }),
      groupOf({ wmcore_component: 'reqmgr2', tag: '2.3.5' }),
      groupOf({ wmcore_component: 'reqmgr2', project: 'cmsweb' }),
    ]
    expect(new Set(groups).size).toBe(groups.length)
    expect(groupOf({ wmcore_component: 'reqmgr2', tag: '2.3.4' })).toBe(groups[0])
  })
})

/** The texts of a mapping. */
function textsAt(value: unknown, ...keys: readonly string[]): Contexts[string] {
  return Object.fromEntries(entriesAt(value, ...keys).map(([name, text]) => [name, String(text)]))
}

/** A mapping as the runner sees it, such as what is below `with`. */
function filled(entries: readonly [string, unknown][], contexts: Contexts): Partial<InputTexts> {
  return Object.fromEntries(entries.map(([name, text]) => [name, fill(String(text), contexts).trim()]))
}
