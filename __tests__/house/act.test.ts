import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { localRepositories } from '../../scripts/act/adapt.ts'

test('the folder of public actions is found from where act runs, and is not checked as ours', () => {
  const files = { 'a.yml': 'uses: actions/checkout@v7\nuses: dmwm/stable-release-action@v1' }
  expect(localRepositories(files, { own: '/own', actions: 'actions' })).toEqual({
    'actions/checkout@v7': resolve('actions/actions/checkout'),
    'dmwm/stable-release-action@v1': '/own',
  })
  const cwd = resolve(import.meta.dirname, '../..')
  expect(() =>
    execFileSync('git', ['check-ignore', '--quiet', 'actions/actions/checkout'], { cwd }),
  ).not.toThrow()
})
