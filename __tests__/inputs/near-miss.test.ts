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
        wayOut: `Did you mean ${meant}?`,
      },
    ])
  })

  test.each([
    { variable: 'INPUT_TAGS', wayOut: 'The git tag is the input tag' },
    { variable: 'INPUT_PLATFORMS', wayOut: 'Write --platform=… into the input build-options.' },
    {
      variable: 'INPUT_PUSH',
      wayOut: 'Leave it out: the image is always pushed. The commands build and plan',
    },
    {
      variable: 'INPUT_LOAD',
      wayOut: 'Leave it out: the image is pushed to the registry. The command build',
    },
    { variable: 'INPUT_OUTPUTS', wayOut: 'Leave it out: the image is pushed to the registry.' },
    { variable: 'INPUT_OUTPUT', wayOut: 'Leave it out: the image is pushed to the registry.' },
    { variable: 'INPUT_DRY-RUN', wayOut: 'Leave it out, and write command: plan, which changes nothing.' },
    { variable: 'INPUT_NO-PUSH', wayOut: 'Leave it out, and write command: build, which pushes nothing' },
    { variable: 'INPUT_CALL', wayOut: 'Leave it out: it would build nothing.' },
    ...['no-cache', 'pull'].map(name => ({
      variable: `INPUT_${name.toUpperCase()}`,
      wayOut: `Write --${name} into the input build-options.`,
    })),
    ...['provenance', 'sbom', 'target', 'builder', 'network', 'ssh', 'ulimit', 'allow', 'shm-size'].map(
      name => ({
        variable: `INPUT_${name.toUpperCase()}`,
        wayOut: `Write --${name}=… into the input build-options.`,
      }),
    ),
    { variable: 'INPUT_SECRET-FILES', wayOut: 'Write --secret=… into the input build-options.' },
    { variable: 'INPUT_DOCKERFILE', wayOut: 'Write its path into the input file.' },
  ])('$variable is of another action: $wayOut', ({ variable, wayOut }) => {
    const given = variable.slice('INPUT_'.length).toLowerCase()
    expect(unknownInputs({ [variable]: '' })).toMatchObject([
      { what: `There is no input ${given}.`, wayOut: expect.stringContaining(wayOut) },
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
