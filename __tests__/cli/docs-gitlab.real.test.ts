import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCall } from '../../src/cli/arguments.ts'
import { runProgram } from './bundle.ts'
import { blocksOf } from './markdown.ts'

const page = new URL('../../docs/command-line.md', import.meta.url)

test('the job for GitLab releases the git tag to the registry of its project, and shows no password', () => {
  const [snippet] = blocksOf(readFileSync(page, 'utf8')).flatMap(block =>
    block.kind === 'fence' && block.info === 'yaml' ? [block.text] : [],
  )
  const script: string[] = parse(snippet ?? '').release.script
  const programs = 'apk() { :; }; wget() { :; }; node() { shift; printf "%s\\n" "$@"; }'
  // Source: GitLab, "Predefined CI/CD variables". The last one is in lower case, whatever the project is.
  const env = {
    CI_COMMIT_TAG: '2.3.4',
    CI_REGISTRY_USER: 'gitlab-ci-token',
    CI_REGISTRY_PASSWORD: 'hush',
    CI_REGISTRY: 'gitlab.example:5050',
    CI_REGISTRY_IMAGE: 'gitlab.example:5050/group/project',
  }
  const { status, stdout } = runProgram('sh', ['-euc', [programs, ...script].join('\n')], { env })
  expect(status).toBe(0)
  const { command, texts } = readCall(stdout.split('\n').slice(0, -1))
  expect({ ...texts, command }).toMatchObject({
    command: 'release',
    service: 'web',
    tag: '2.3.4',
    registry: 'gitlab.example:5050',
    project: 'group/project',
    username: 'gitlab-ci-token',
  })
  expect(stdout).not.toContain('hush')
})
