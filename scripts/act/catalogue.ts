import type { Replacement } from './replacements.ts'

/** Where the text of a workflow comes from: a file of this repository, the README, or here. */
export type Source =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'readme' }
  | { readonly kind: 'text'; readonly text: string }

/** One workflow run. */
export interface Run {
  readonly workflow: Source
  /** Further workflows of the repository in which it runs; keys are paths. */
  readonly besides?: Readonly<Record<string, Source>>
  /** A push of `gitTag`, or a start by hand or by the clock on the default branch. */
  readonly event: 'push' | 'workflow_dispatch' | 'schedule'
  /** Without it, the git tag 2.3.4. */
  readonly gitTag?: string
  /** The repository in which it runs: the one of the services, if it is not this one. */
  readonly inThisRepository?: true
  /** One job of the workflow; without it, all. */
  readonly job?: string
  /** The jobs of a matrix that run, as `key:value`; without it, all. */
  readonly matrix?: readonly string[]
  readonly inputs?: Readonly<Record<string, string>>
}

export interface Entry {
  readonly name: string
  readonly runs: readonly Run[]
  /** Replacements for this workflow alone. */
  readonly replace?: readonly Replacement[]
  /** Whether the registry wants a login. */
  readonly login: boolean
  /** The tags that must be in the registry afterwards, and no other; keys are services. */
  readonly published: Readonly<Record<string, readonly string[]>>
}

const file = (path: string): Source => ({ kind: 'file', path })
const text = (content: string): Source => ({ kind: 'text', text: content })

/** A release of two services by the reusable workflow, with other inputs than the example has. */
const release = (...inputs: readonly string[]): Source =>
  text(`on: push
jobs:
  images:
    strategy:
      matrix:
        target: [reqmgr2, reqmon]
    uses: dmwm/stable-release-action/.github/workflows/docker_images_template.yaml@v1
    with:
      wmcore_component: \${{ matrix.target }}
      project: cmswmcore
${inputs.map(input => `      ${input}\n`).join('')}    secrets:
      cern_user: \${{ secrets.CERN_LOGIN }}
      cern_token: \${{ secrets.CERN_TOKEN }}
`)

export const catalogue: readonly Entry[] = [
  {
    name: 'smallest',
    runs: [{ workflow: { kind: 'readme' }, event: 'push' }],
    login: true,
    published: { reqmgr2: ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'wmcore',
    runs: [
      {
        workflow: file('examples/wmcore.yaml'),
        event: 'push',
        matrix: ['target:reqmgr2', 'target:reqmon'],
      },
    ],
    login: true,
    published: { reqmgr2: ['2.3.4', '2.3.4-stable'], reqmon: ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'wmcore-template',
    runs: [
      {
        workflow: text(`on: push
jobs:
  build_images:
    strategy:
      matrix:
        target: [reqmgr2, reqmon]
    uses: ./.github/workflows/docker_images_template.yaml
    with:
      wmcore_component: \${{ matrix.target }}
    secrets:
      cern_user: \${{ secrets.CERN_LOGIN }}
      cern_token: \${{ secrets.CERN_TOKEN }}
`),
        besides: { '.github/workflows/docker_images_template.yaml': file('examples/wmcore-template.yaml') },
        event: 'push',
      },
    ],
    login: true,
    published: { reqmgr2: ['2.3.4', '2.3.4-stable'], reqmon: ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'promotion',
    runs: [
      { workflow: release('stable: on-promotion'), event: 'push' },
      {
        workflow: text(`on: push
jobs:
  promote:
    uses: dmwm/stable-release-action/.github/workflows/promote_stable_images.yaml@v1
    with:
      tag: 2.3.4
      services: reqmgr2, reqmon
    secrets:
      cern_user: \${{ secrets.CERN_LOGIN }}
      cern_token: \${{ secrets.CERN_TOKEN }}
`),
        event: 'push',
      },
    ],
    login: true,
    published: { reqmgr2: ['2.3.4', '2.3.4-stable'], reqmon: ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'train',
    runs: [
      {
        workflow: text(`on: push
jobs:
  images:
    uses: dmwm/stable-release-action/.github/workflows/release_services.yaml@v1
    with:
      services: reqmgr2, reqmon
    secrets:
      cern_user: \${{ secrets.CERN_LOGIN }}
      cern_token: \${{ secrets.CERN_TOKEN }}
`),
        event: 'push',
      },
    ],
    login: true,
    published: { reqmgr2: ['2.3.4', '2.3.4-stable'], reqmon: ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'test-before-push',
    runs: [{ workflow: file('examples/test-before-push.yaml'), event: 'push' }],
    login: true,
    published: { 'my-service': ['2.3.4', '2.3.4-stable'] },
  },
  {
    name: 'scheduled',
    runs: [
      { workflow: release(), event: 'push' },
      { workflow: release(), event: 'push', gitTag: '2.4.5.8' },
      { workflow: file('examples/audit-weekly.yaml'), event: 'schedule' },
    ],
    replace: [
      {
        from: /^ {12}(?:wmagent|t0reqmon|msunmerged|wmglobalqueue|msoutput|mspileup|msrulecleaner|mstransferor|msmonitor)\n/gm,
        to: '',
        why: 'the runs before release two services',
      },
    ],
    login: true,
    published: {
      reqmgr2: ['2.3.4', '2.3.4-stable', '2.4.5.8', '2.4.5.8-stable'],
      reqmon: ['2.3.4', '2.3.4-stable', '2.4.5.8', '2.4.5.8-stable'],
    },
  },
  {
    name: 'ci',
    runs: [
      {
        workflow: file('.github/workflows/ci.yml'),
        event: 'workflow_dispatch',
        inThisRepository: true,
        job: 'action',
        // One of its registries: the only one that there is stands for it.
        matrix: ['registry:2.8.3'],
      },
    ],
    replace: [
      {
        from: /^ {4}services:\n(?: {6}.*\n)+/gm,
        to: '',
        why: 'act starts services as containers from Docker Hub',
      },
    ],
    login: false,
    published: { hello: ['2.3.4', '2.3.4-stable', '2.3.5rc1'] },
  },
]
