import { describe, expect, test } from 'vitest'
import { type Build, buildArguments, buildxArguments } from '../../src/docker/build.ts'

const reference = 'ghcr.io/dmwm/reqmgr2:2.3.4'
const bare: Build = {
  context: '.',
  file: undefined,
  buildArgs: [],
  labels: [],
  options: [],
  optionsName: 'the input build-options',
}

describe('what docker build gets', () => {
  test.each([
    { what: 'nothing more', build: bare, middle: [], context: '.' },
    {
      what: 'a Dockerfile',
      build: { ...bare, file: 'docker/My File' },
      middle: ['--file=docker/My File'],
      context: '.',
    },
    {
      what: 'build arguments, one with spaces, one from the environment',
      build: { ...bare, buildArgs: ['TAG=2.3.4', 'WORDS=a b "c" $(d)', 'FROM_ENV'] },
      middle: ['--build-arg=TAG=2.3.4', '--build-arg=WORDS=a b "c" $(d)', '--build-arg=FROM_ENV'],
      context: '.',
    },
    {
      what: 'labels',
      build: { ...bare, labels: ['org.opencontainers.image.title=reqmgr2', 'empty='] },
      middle: ['--label=org.opencontainers.image.title=reqmgr2', '--label=empty='],
      context: '.',
    },
    {
      what: 'everything, in this order',
      build: {
        context: 'https://github.com/dmwm/a.git#main:b',
        file: 'f',
        buildArgs: ['A=1'],
        labels: ['b=2'],
        options: ['--pull', '--platform=linux/arm64'],
        optionsName: '--build-options',
      },
      middle: ['--file=f', '--build-arg=A=1', '--label=b=2', '--pull', '--platform=linux/arm64'],
      context: 'https://github.com/dmwm/a.git#main:b',
    },
    {
      what: 'a context that looks like an option',
      build: { ...bare, context: '--push' },
      middle: [],
      context: '--push',
    },
  ])('$what', ({ build, middle, context }) => {
    expect(buildArguments(build, [reference])).toEqual([
      'build',
      `--tag=${reference}`,
      ...middle,
      '--',
      context,
    ])
    expect(buildxArguments(build, reference, '/tmp/m.json')).toEqual([
      'buildx',
      'build',
      '--push',
      '--metadata-file=/tmp/m.json',
      `--tag=${reference}`,
      ...middle,
      '--',
      context,
    ])
  })
})
