import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder, write } from '../inputs/order.ts'
import { runStep } from './workflow-script.ts'

const step = { path: '.github/workflows/docker_images_template.yaml', name: 'Find its Dockerfile' }

const workspace = temporaryFolder()
write(workspace, {
  'CMSKubernetes/docker/pypi/reqmgr2/Dockerfile': '',
  'CMSKubernetes/docker/pypi/reqmon/Dockerfile': '',
  'CMSKubernetes/docker/pypi/empty/README.md': '',
  'CMSKubernetes/docker/README.md': '',
})
for (const args of [
  ['init', '--quiet'],
  ['add', '.'],
  ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'one'],
]) {
  spawnSync('git', args, { cwd: join(workspace, 'CMSKubernetes') })
}

const find = (contextPath: string, given = '', cwd = workspace) =>
  runStep(step, {
    cwd,
    env: {
      CONTEXT_PATH: contextPath,
      GIVEN_PATH: given,
      REPOSITORY: 'dmwm/CMSKubernetes',
      REF: 'master',
    },
  })

describe('the Dockerfile of a service', () => {
  test('is there', () => {
    expect(find('docker/pypi/reqmgr2')).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test.each([
    {
      path: 'docker/pypi/reqmgr3',
      says: '::error title=The input wmcore_component is not valid::docker/pypi/reqmgr3 is not in dmwm/CMSKubernetes, at master: there is nothing to build. docker/pypi has: empty reqmgr2 reqmon\n',
    },
    {
      path: 'docker/pypi/empty',
      says: '::error title=The input wmcore_component is not valid::docker/pypi/empty/Dockerfile is not in dmwm/CMSKubernetes, at master: there is nothing to build. docker/pypi has: empty reqmgr2 reqmon\n',
    },
    {
      path: 'docker/frontend',
      given: 'docker/frontend',
      says: '::error title=The input context-path is not valid::docker/frontend is not in dmwm/CMSKubernetes, at master: there is nothing to build. docker has: pypi\n',
    },
    {
      path: 'no/such\n::add-mask::%',
      says: '::error title=The input wmcore_component is not valid::no/such%0A::add-mask::%25 is not in dmwm/CMSKubernetes, at master: there is nothing to build.\n',
    },
  ])('$path is not', ({ path, given, says }) => {
    expect(find(path, given)).toMatchObject({ status: 1, stdout: says })
  })

  test('nor is it where nothing was checked out', () => {
    expect(find('docker/pypi/reqmgr2', '', temporaryFolder())).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        /^::error .* is not in dmwm\/CMSKubernetes, at master: there is nothing to build\.\n$/,
      ),
    })
  })
})
