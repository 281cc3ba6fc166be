import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../src/inputs/duration.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)

test.each([
  { text: '0s', time: 0 },
  { text: '90s', time: 90_000 },
  { text: '15m', time: 900_000 },
  { text: '1h', time: 3_600_000 },
  ...['', '15', 'm', '1.5h', '-1s', '1 m', '1M', '1d', '1h30m', '1234567s'].map(text => ({
    text,
    time: undefined,
  })),
])('$text is $time ms', ({ text, time }) => {
  expect(parseDuration(text)).toBe(time)
})

describe('what is waited for', () => {
  const pypi = new URL('https://pypi.org/simple/')
  const github = { apiUrl: 'https://api.github.com', name: 'dmwm/WMCore', token: 't' }
  const checks = { names: ['testbed'], timeout: 0, ownRun: '7', repository: github }

  test.each([
    { command: 'release', given: {}, waits: { package: undefined, checks: undefined } },
    {
      command: 'release',
      given: { package: 'reqmgr2' },
      waits: { package: { package: { name: 'reqmgr2', version: '2.3.4' }, index: pypi, timeout: 900_000 } },
    },
    {
      command: 'release',
      given: {
        tag: '2.3.5-RC.1',
        package: 'T0.Req_Mon',
        'package-index': 'http://localhost:8080/simple',
        'package-timeout': '6h',
      },
      waits: {
        package: {
          package: { name: 'T0.Req_Mon', version: '2.3.5rc1' },
          index: new URL('http://localhost:8080/simple'),
          timeout: 21_600_000,
        },
      },
    },
    { command: 'promote', given: { 'require-checks': 'testbed' }, waits: { checks } },
    {
      command: 'release',
      given: { 'require-checks': '\n testbed \r\nunit tests / 3.12\ntestbed\n', 'checks-timeout': '30m' },
      waits: { checks: { ...checks, names: ['testbed', 'unit tests / 3.12'], timeout: 1_800_000 } },
    },
  ])('$command with $given', ({ command, given, waits }) => {
    const { request } = validateRequest(textsWith({ command, 'github-token': 't', ...given }), run)
    expect(request).toMatchObject(waits)
  })
})

describe('what is refused', () => {
  const aTime = 'Write a time with its unit, at most 6h, such as 90s, 15m or 1h.'
  test.each([
    {
      given: { 'package-timeout': '15' },
      error: `The input package-timeout is "15": it is not a time. ${aTime}`,
    },
    {
      given: { 'checks-timeout': '' },
      error: `The input checks-timeout is empty. ${aTime} A variable or secret that does not exist is empty, too.`,
    },
    {
      given: { 'checks-timeout': '361m' },
      error: `The input checks-timeout is "361m": it is longer than a job may run. ${aTime}`,
    },
    {
      given: { 'package-index': 'pypi.org/simple' },
      error:
        'The input package-index is "pypi.org/simple": it is not an http address. Write the address of a simple index.',
    },
    {
      given: { 'package-index': 'file:///etc' },
      error:
        'The input package-index is "file:///etc": it is not an http address. Write the address of a simple index.',
    },
    ...['reqmgr2==2.3.4', '../reqmgr2', '-r'].map(name => ({
      given: { package: name },
      error: `The input package is "${name}": it is not the name of a project. Write the name alone, such as reqmgr2; its version is the git tag.`,
    })),
    {
      given: { package: 'reqmgr2', tag: 'nightly' },
      error:
        'The git tag nightly is no version of PEP 440, so there can be no package reqmgr2 of it to wait for. Nothing was built. Leave the input package empty for such tags, or release a version such as 2.3.4 or 2.3.5rc1.',
    },
    {
      given: { 'require-checks': 'testbed', 'github-token': '' },
      error:
        'The input github-token is empty, and the input require-checks needs one. Leave it out to use the token of the job.',
    },
  ])('$given', ({ given, error }) => {
    expect(refusal(given, run)).toBe(`invalid-input: ${error}`)
  })

  test.each(['apiUrl', 'repository'])('checks without %s', missing => {
    expect(refusal({ 'require-checks': 'testbed' }, runIn(workspace, { [missing]: undefined }))).toBe(
      'invalid-input: The input require-checks needs a repository on GitHub, and GITHUB_API_URL or GITHUB_REPOSITORY is not set. Run this in a workflow, or set both.',
    )
  })
})
