import { describe, expect, test } from 'vitest'
import { nearMiss } from '../../src/inputs/near-miss.ts'
import { unknownInputs } from '../../src/inputs/read.ts'

test.each([
  { word: 'relase', known: ['release', 'plan'], meant: 'release' },
  { word: 'raelease', known: ['release', 'plan'], meant: 'release' },
  { word: 'realese', known: ['release', 'plan'], meant: 'release' },
  { word: 'rlse', known: ['release', 'plan'], meant: undefined },
  { word: 'plam', known: ['release', 'plan'], meant: 'plan' },
  { word: 'plant', known: ['release', 'plan'], meant: 'plan' },
  { word: 'pn', known: ['release', 'plan'], meant: undefined },
  { word: 'tags', known: ['stable', 'tag', 'tages'], meant: 'tag' },
  { word: 'publish', known: ['release', 'plan'], meant: undefined },
  { word: '', known: ['release'], meant: undefined },
  { word: 'release', known: [], meant: undefined },
])('$word of $known: $meant', ({ word, known, meant }) => {
  expect(nearMiss(word, known)).toBe(meant)
})

describe('inputs that do not exist', () => {
  test.each([
    { variable: 'INPUT_BUILD_ARGS', given: 'build_args', meant: 'build-args' },
    { variable: 'INPUT_BUILDARGS', given: 'buildargs', meant: 'build-args' },
    { variable: 'INPUT_SERVCE', given: 'servce', meant: 'service' },
    { variable: 'INPUT_PASSWD', given: 'passwd', meant: 'password' },
    { variable: 'INPUT_ON-EXSITING', given: 'on-exsiting', meant: 'on-existing' },
    { variable: 'INPUT_STABLE-', given: 'stable-', meant: 'stable' },
  ])('$variable is meant for $meant', ({ variable, given, meant }) => {
    expect(unknownInputs({ [variable]: 'secret' })).toEqual([
      {
        name: 'invalid-input',
        inputs: [meant],
        what: `There is no input ${given}.`,
        remedy: `Did you mean ${meant}?`,
      },
    ])
  })

  test.each([
    { variable: 'INPUT_TAGS', remedy: 'The git tag is the input tag' },
    { variable: 'INPUT_PLATFORMS', remedy: 'Write --platform=… into the input build-options.' },
    {
      variable: 'INPUT_PUSH',
      remedy: 'Leave it out: the image is always pushed. The commands build and plan',
    },
    {
      variable: 'INPUT_LOAD',
      remedy: 'Leave it out: the image is pushed to the registry. The command build',
    },
    { variable: 'INPUT_OUTPUTS', remedy: 'Leave it out: the image is pushed to the registry.' },
    { variable: 'INPUT_OUTPUT', remedy: 'Leave it out: the image is pushed to the registry.' },
    { variable: 'INPUT_DRY-RUN', remedy: 'Leave it out, and write command: plan, which changes nothing.' },
    { variable: 'INPUT_NO-PUSH', remedy: 'Leave it out, and write command: build, which pushes nothing' },
    { variable: 'INPUT_CALL', remedy: 'Leave it out: it would build nothing.' },
    ...['no-cache', 'pull'].map(name => ({
      variable: `INPUT_${name.toUpperCase()}`,
      remedy: `Write --${name} into the input build-options.`,
    })),
    ...['provenance', 'sbom', 'target', 'builder', 'network', 'ssh', 'ulimit', 'allow', 'shm-size'].map(
      name => ({
        variable: `INPUT_${name.toUpperCase()}`,
        remedy: `Write --${name}=… into the input build-options.`,
      }),
    ),
    { variable: 'INPUT_SECRET-FILES', remedy: 'Write --secret=… into the input build-options.' },
    { variable: 'INPUT_DOCKERFILE', remedy: 'Write its path into the input file.' },
    { variable: 'INPUT_NO_PUSH', remedy: 'command: build' },
    { variable: 'INPUT_DRY_RUN', remedy: 'command: plan' },
  ])('$variable is of another action: $remedy', ({ variable, remedy }) => {
    const given = variable.slice('INPUT_'.length).toLowerCase()
    expect(unknownInputs({ [variable]: '' })).toMatchObject([
      { what: `There is no input ${given}.`, remedy: expect.stringContaining(remedy) },
    ])
  })

  test.each([
    { what: 'inputs that exist', env: { INPUT_TAG: '1', 'INPUT_BUILD-ARGS': '', 'INPUT_POLICY-FILE': 'a' } },
    { what: 'what resembles none', env: { INPUT_VERBOSE: '1', INPUT_X: '1' } },
    { what: 'variables that are no inputs', env: { TAGS: '1', MY_INPUT_TAGS: '1' } },
  ])('$what: no error', ({ env }) => {
    expect(unknownInputs(env)).toEqual([])
  })
})
