import { describe, expect, test } from 'vitest'
import { readCall } from './read.ts'

const PUSH = ['push', 'reqmgr2', '2.3.4', 'registry.example'] as const
const IMAGE = ['reqmgr2', '2.3.4', 'registry.example'] as const

/** What is wrong with a call. */
const wrong = (args: readonly string[]): string[] => readCall(args).mistakes.map(({ what }) => what)

describe('the project', () => {
  test.each(['build', 'push'])('%s has that of docker.sh', command => {
    expect(readCall([command, ...IMAGE])).toMatchObject({ texts: { project: 'cmsweb' }, mistakes: [] })
  })

  test.each(['release', 'promote', 'verify', 'plan'])('%s must be given one', command => {
    expect(readCall([command, ...IMAGE]).mistakes).toEqual([
      {
        name: 'invalid-input',
        inputs: ['project'],
        what: 'The argument <project> is missing.',
        remedy:
          "Write it, such as cmswmcore, or '' for an image without one. Only build and push have docker.sh's default, cmsweb.",
      },
    ])
  })

  test.each(['release', 'build', 'push', 'promote', 'verify', 'plan'])('%s takes an empty one', command => {
    expect(readCall([command, ...IMAGE, ''])).toMatchObject({ texts: { project: '' }, mistakes: [] })
  })
})

describe('what is wrong is told all at once', () => {
  test.each([
    {
      args: [...PUSH, 'p', 'more', 'than that', '--json=1', '--stabel=never', '--policy=', '--on-existing'],
      mistakes: [
        '--json takes no value.',
        'push has no option --stabel.',
        '--policy has no value.',
        '--on-existing has no value.',
        'push takes no argument "more", "than that".',
      ],
    },
    {
      args: ['push', '', '2.3.4', '', 'p', 'more', 'than that', '--json', '--json'],
      mistakes: [
        '--json is given twice.',
        'The argument <service> is empty.',
        'The argument <registry> is empty.',
        'push takes no argument "more", "than that".',
      ],
    },
    { args: ['push'], mistakes: ['The arguments <service>, <tag> and <registry> are missing.'] },
    { args: [...PUSH, '--checks-timeout', '--username=me'], mistakes: ['--checks-timeout has no value.'] },
    { args: [...PUSH, '--username', 'a', '--username', 'b'], mistakes: ['--username is given twice.'] },
    { args: [...PUSH, '--require-checks', 'a', '--require-checks', 'b'], mistakes: [] },
    { args: [...PUSH, '--require-checks=-a', '--policy', '-'], mistakes: [] },
    { args: ['push', '--', 'reqmgr2', '--json', 'registry.example'], mistakes: [] },
    { args: ['push', '--json', '--', 'reqmgr2', '-1', 'registry.example'], mistakes: [] },
    {
      args: ['push', '--x', '--', '-y'],
      mistakes: ['push has no option --x.', 'The arguments <tag> and <registry> are missing.'],
    },
    {
      args: ['release', '--stabel=never', '--policy'],
      mistakes: [
        'release has no option --stabel.',
        '--policy has no value.',
        'The arguments <service>, <tag>, <registry> and <project> are missing.',
      ],
    },
    // What follows an unknown option may be its value, or an argument.
    {
      args: ['release', 'a', '--x', '1.2.3'],
      mistakes: ['release has no option --x.', 'The arguments <registry> and <project> are missing.'],
    },
    { args: ['push', '--x', 'a', '1.2.3', 'b.ch'], mistakes: ['push has no option --x.'] },
    { args: [...PUSH, '-json'], mistakes: ['push has no option -json.'] },
  ])('$args', ({ args, mistakes }) => {
    expect(wrong(args)).toEqual(mistakes)
  })

  test.each([
    { args: [...PUSH, '--usrname=me'], inputs: ['username', 'project'] },
    { args: [...PUSH, 'p', '--usrname=me'], inputs: ['username'] },
    {
      args: ['push', '--usrname', 'me', ...IMAGE],
      inputs: ['username', 'service', 'tag', 'registry', 'project'],
    },
    { args: [...PUSH, 'p', '--password', 'hush'], inputs: ['password'] },
    { args: [...PUSH, 'p', '--nonsense', 'hush'], inputs: [] },
  ])('$args: nothing more is said of $inputs', ({ args, inputs }) => {
    expect(readCall(args).mistakes.map(mistake => mistake.inputs)).toEqual([inputs])
    expect(JSON.stringify(readCall(args).mistakes)).not.toMatch(/hush|\bme\b/)
  })

  test.each([
    { option: '--usrname', remedy: 'Did you mean --username?' },
    { option: '-username', remedy: 'Did you mean --username?' },
    { option: '--hlep', remedy: 'Did you mean --help?' },
    {
      option: '--password',
      remedy: 'Pipe the password in with --password-stdin, or set STABLE_RELEASE_PASSWORD.',
    },
    { option: '--github-token', remedy: 'Set GITHUB_TOKEN.' },
    {
      option: '--context',
      remedy:
        'Its options are --policy, --policy-file, --on-existing, --stable, --require-checks, --checks-timeout, --record, --username, --password-stdin, --json, --debug, --help.',
    },
  ])('$option: $remedy', ({ option, remedy }) => {
    expect(readCall([...PUSH, option]).mistakes).toMatchObject([{ remedy }])
  })
})
