import { expect, test } from 'vitest'
import { findLocally, ownWorkflowsIn, repositoriesIn } from '../../scripts/act/actions.ts'

const text = `
      - uses: actions/checkout@0123abcd # v7.0.1
      - uses: ./
    uses: ./.github/workflows/local.yaml
    uses: dmwm/stable-release-action/.github/workflows/docker_images_template.yaml@v1
      - uses: dmwm/stable-release-action@v1
      - uses: someone/else/.github/workflows/other.yaml@v1
`

test('the repositories that a workflow names, each once', () => {
  expect(repositoriesIn([text, text])).toEqual([
    'actions/checkout@0123abcd',
    'dmwm/stable-release-action@v1',
    'someone/else@v1',
  ])
})

test('the reusable workflows of this repository', () => {
  expect(ownWorkflowsIn([text, text])).toEqual(['.github/workflows/docker_images_template.yaml'])
})

test('this repository is always here; without a folder, all others are fetched', () => {
  expect(findLocally(repositoriesIn([text]), { own: '/own', folder: undefined })).toEqual({
    'dmwm/stable-release-action@v1': '/own',
  })
})
