import { describe, expect, test } from 'vitest'
import type { Build } from '../../src/docker/build.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import type { RunContext } from '../../src/inputs/run-context.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)

const buildOf = (given: Partial<InputTexts>, context: RunContext = run): Build => {
  const { request } = validateRequest(textsWith(given), context)
  if (request.command !== 'release') throw new Error(request.command)
  return request.build
}

describe('build-args', () => {
  test.each([
    { text: '', args: [] },
    { text: 'A=1', args: ['A=1'] },
    { text: '\r\n  A=1 \r\n\n\tB=two words \n', args: ['A=1', 'B=two words'] },
    { text: 'URL=https://a/?b=c&d=$(e)', args: ['URL=https://a/?b=c&d=$(e)'] },
    { text: 'EMPTY=\nFROM_ENV', args: ['EMPTY=', 'FROM_ENV'] },
  ])('$text', ({ text, args }) => {
    expect(buildOf({ 'build-args': text }).buildArgs).toEqual(['TAG=2.3.4', ...args])
  })

  const notOne = 'it does not begin with the name of a build argument. Write one NAME=value a line.'
  const always = 'it is always the git tag. Leave the line out, or use the input tag.'
  test.each([
    { text: '=value', error: `, line 1: ${notOne}` },
    { text: 'A=1\nMY NAME=s3cret', error: `, line 2: ${notOne}` },
    { text: 'PASSWORD: s3cret', error: `, line 1: ${notOne}` },
    { text: '--no-cache', error: `, line 1: ${notOne}` },
    { text: 'TAG=1', error: ` is "TAG": ${always}` },
    { text: 'TAG', error: ` is "TAG": ${always}` },
  ])('$text is refused', ({ text, error }) => {
    expect(refusal({ 'build-args': text }, run)).toBe(`invalid-input: The input build-args${error}`)
  })
})

describe('labels', () => {
  const own = [
    'org.opencontainers.image.title=reqmgr2',
    'org.opencontainers.image.version=2.3.4',
    'org.opencontainers.image.source=https://github.com/dmwm/WMCore',
    'org.opencontainers.image.ref.name=2.3.4',
    'org.opencontainers.image.url=https://github.com/dmwm/WMCore/tree/2.3.4',
  ]

  test.each([
    { what: 'what the action knows', given: {}, labels: own },
    {
      what: 'others beside it',
      given: { labels: 'a.b=c d=e\nempty=' },
      labels: [...own, 'a.b=c d=e', 'empty='],
    },
    {
      what: 'others instead of it',
      given: { labels: 'org.opencontainers.image.title=Request Manager' },
      labels: ['org.opencontainers.image.title=Request Manager', ...own.slice(1)],
    },
    {
      what: 'another tag than that of the run, whose commit is not known',
      given: { tag: '2.3.5' },
      labels: own.map(label => label.replace('2.3.4', '2.3.5')),
    },
    {
      what: 'no GitHub',
      given: {},
      others: { repositoryUrl: undefined, sha: undefined },
      labels: own.filter(label => !/source|url/.test(label)),
    },
    {
      what: 'a tag that needs escapes in an address',
      given: { tag: 'a%b/c#d' },
      others: { tag: 'a%b/c#d' },
      labels: own.map(label => label.replace('tree/2.3.4', 'tree/a%25b/c%23d').replace('2.3.4', 'a%b/c#d')),
    },
  ])('$what', ({ given, others, labels }) => {
    expect(buildOf(given, runIn(workspace, others)).labels).toEqual(labels)
  })

  const set = 'it says what was released and is set by the action. Leave the line out.'
  test.each([
    { text: 'alone', error: ', line 1: it is not name=value. Write one name=value a line.' },
    { text: '=value', error: ', line 1: it is not name=value. Write one name=value a line.' },
    {
      text: 'two words=value',
      error: ', line 1: it is not name=value. Write one name=value a line.',
    },
    ...['org.opencontainers.image.revision', 'org.opencontainers.image.version'].map(name => ({
      text: `${name}=1`,
      error: ` is "${name}": ${set}`,
    })),
  ])('$text is refused', ({ text, error }) => {
    expect(refusal({ labels: text }, run)).toBe(`invalid-input: The input labels${error}`)
  })
})

describe('build-options', () => {
  test('are handed on as they are, one a line', () => {
    const options = [
      '--platform=linux/amd64,linux/arm64',
      '--secret=id=pip,env=PIP_TOKEN',
      '--build-context=base=docker-image://alpine',
      '--add-host=a b:1',
      '--no-cache',
      '--provenance=false',
    ]
    expect(buildOf({ 'build-options': `\n${options.join(' \n  ')}\n` }).options).toEqual(options)
  })

  const owned = {
    'the policy says which tags there are': ['--tag=a:b', '--tag'],
    'the image is always pushed': ['--push', '--push=false'],
    'the image is pushed to the registry': ['--load', '--output=type=oci', '--output'],
    'the action reads it itself': ['--metadata-file=/tmp/a'],
    'use the input file': ['--file=a'],
    'use the input build-args': ['--build-arg=TAG=1'],
    'use the input labels': ['--label=a=b'],
    'the image must be built when docker ends': ['--detach'],
    'it would build nothing': ['--call=check', '--check', '--print=outline', '--help'],
  }
  test.each(Object.entries(owned).flatMap(([why, options]) => options.map(option => ({ option, why }))))(
    '$option belongs to the action: $why',
    ({ option, why }) => {
      const name = option.replace(/=.*/, '')
      const error = `invalid-input: The input build-options is "${name}": ${why}. Leave the line out.`
      expect(refusal({ 'build-options': `--pull\n${option}` }, run)).toBe(error)
    },
  )

  const long =
    'it is not a long option. Write one option a line in its long form, such as --platform=linux/amd64.'
  test.each([
    { text: '-t a:b', error: `, line 1: ${long}` },
    { text: 'context', error: `, line 1: ${long}` },
    { text: '--', error: `, line 1: ${long}` },
    { text: '--pull\n\nconstructor', error: `, line 3: ${long}` },
    {
      text: '--platform linux/amd64',
      error: ' is "--platform": each line is one argument. Write --platform=….',
    },
    {
      text: '--platform=linux/amd64 --no-cache',
      error:
        ' is "--platform": it is several options. Write each option on a line of its own, below "build-options: |".',
    },
    { text: '--tag a:b', error: ' is "--tag": the policy says which tags there are. Leave the line out.' },
    { text: '--build-arg A=1', error: ' is "--build-arg": use the input build-args. Leave the line out.' },
  ])('$text is refused', ({ text, error }) => {
    expect(refusal({ 'build-options': text }, run)).toBe(`invalid-input: The input build-options${error}`)
  })

  const image = 'ghcr.io/cmsweb/reqmgr2'
  test.each([
    `--cache-to=${image}`,
    `--cache-to=${image}:2.3.4`,
    `--cache-to=${image}@sha256:${'0'.repeat(64)}`,
    `--cache-to=quay.io/a,${image}:cache`,
    `--cache-to=type=registry,ref=${image}:2.3.4`,
    `--cache-to=type=registry,mode=max,ref=${image}:2.3.4,compression=zstd`,
    `--cache-to="type=registry","ref=${image}:2.3.4"`,
    `--cache-to=type=registry,"ref=${image}:2.3.4"`,
    `--cache-to=ref=${image}:2.3.4,type=registry`,
    `--cache-to=type=registry,REF=GHCR.IO/cmsweb/reqmgr2:2.3.4`,
    `--cache-to=type=registry, ref = ${image}`,
  ])('%s would write over published tags', option => {
    expect(refusal({ project: 'cmsweb', 'build-options': option }, run)).toBe(
      `invalid-input: The input build-options is "--cache-to": docker would write into ${image}, over its published tags. Name a repository of its own, such as ${image}-cache; to read from ${image} with --cache-from is fine.`,
    )
  })

  test.each([
    `--cache-to=${image}-cache`,
    `--cache-to=type=registry,ref=${image}-cache:2.3.4`,
    '--cache-to=type=gha,mode=max',
    '--cache-to=type=inline',
    `--cache-to=type=local,dest=${image}`,
    `--cache-from=${image}:2.3.4`,
    `--cache-from=type=registry,ref=${image}:2.3.4`,
    `--build-context=base=docker-image://${image}:2.3.4`,
    `--annotation=base=${image}:2.3.4`,
  ])('%s does not', option => {
    expect(buildOf({ project: 'cmsweb', 'build-options': option }).options).toEqual([option])
  })
})
