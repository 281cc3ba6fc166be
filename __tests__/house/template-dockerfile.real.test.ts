import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder, write } from '../inputs/order.ts'
import { runStep } from './workflow-script.ts'

const workspace = temporaryFolder()
write(workspace, {
  'CMSKubernetes/docker/pypi/reqmgr2/Dockerfile': '',
  'CMSKubernetes/docker/pypi/empty/README.md': '',
})
for (const args of [
  ['init', '--quiet'],
  ['add', '.'],
  ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'one'],
]) {
  spawnSync('git', args, { cwd: join(workspace, 'CMSKubernetes') })
}

const find = (contextPath: string, given = '', cwd = workspace) =>
  runStep(
    { path: '.github/workflows/docker_images_template.yaml', name: 'Find its Dockerfile' },
    {
      cwd,
      env: {
        CONTEXT_PATH: contextPath,
        GIVEN_PATH: given,
        REPOSITORY: 'dmwm/CMSKubernetes',
        REF: 'master',
      },
    },
  )

test('the Dockerfile of a service is there', () => {
  expect(find('docker/pypi/reqmgr2')).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

test.each([
  { path: 'docker/pypi/reqmgr3', names: ['wmcore_component', 'docker/pypi has: empty reqmgr2'] },
  { path: 'docker/pypi/empty', names: ['wmcore_component', 'docker/pypi/empty/Dockerfile'] },
  { path: 'docker/frontend', given: 'docker/frontend', names: ['context-path', 'docker has: pypi'] },
  { path: 'no/such\n::add-mask::%', names: ['no/such%0A::add-mask::%25'] },
  { path: 'docker/pypi/reqmgr2', cwd: temporaryFolder(), names: ['docker/pypi/reqmgr2 is not in'] },
])('$path is not, and one error says so', ({ path, given, cwd, names }) => {
  const { status, stdout } = find(path, given, cwd)
  expect(status).toBe(1)
  expect(stdout).toMatch(/^::error title=.*\n$/)
  for (const name of names) expect(stdout).toContain(name)
})
