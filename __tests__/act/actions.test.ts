import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test('a folder for this commit comes before one for all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'actions-'))
  try {
    const [checkout, exact] = [join(folder, 'actions/checkout'), join(folder, 'actions/checkout@0123abcd')]
    await mkdir(checkout, { recursive: true })
    const own = { 'dmwm/stable-release-action@v1': '/own' }
    const found = () => findLocally(repositoriesIn([text]), { own: '/own', folder })
    expect(found()).toEqual({ ...own, 'actions/checkout@0123abcd': checkout })
    await mkdir(exact)
    expect(found()).toEqual({ ...own, 'actions/checkout@0123abcd': exact })
  } finally {
    await rm(folder, { recursive: true })
  }
})
