/** One workflow run. */
export interface Run {
  /** A file of this repository, or a text. */
  readonly workflow: string
  /** A file of this repository that lies beside the workflow as docker_images_template.yaml. */
  readonly template?: string
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
}

/** Workflow runs one after the other, against a registry of their own. */
export interface Entry {
  readonly name: string
  readonly runs: readonly Run[]
  /** What is left out of its workflows. */
  readonly leaveOut?: RegExp
  /** Whether the registry wants a login. */
  readonly login: boolean
  /** The tags that must be in the registry afterwards, and no other; keys are services. */
  readonly published: Readonly<Record<string, readonly string[]>>
  /** The same of a second registry, which stands for Docker Hub; without it, there is none. */
  readonly mirrored?: Readonly<Record<string, readonly string[]>>
}

const FINAL = ['2.3.4', '2.3.4-stable']
const BOTH = { reqmgr2: FINAL, reqmon: FINAL }

/** A workflow of one job that calls a reusable one; `job` is what the job has before its secrets. */
const caller = (job: string): string => `on: push
jobs:
  images:
${job}
    secrets:
      cern_user: \${{ secrets.CERN_LOGIN }}
      cern_token: \${{ secrets.CERN_TOKEN }}
`

/** A release of two services by the reusable workflow, with further inputs. */
const release = (template: string, ...inputs: readonly string[]): string =>
  caller(`    strategy:
      matrix:
        target: [reqmgr2, reqmon]
    uses: ${template}
    with:
      wmcore_component: \${{ matrix.target }}
${inputs.map(input => `      ${input}\n`).join('')}`)

const TEMPLATE = 'dmwm/stable-release-action/.github/workflows/docker_images_template.yaml@v1'

export const catalogue: readonly Entry[] = [
  {
    name: 'smallest',
    runs: [{ workflow: 'examples/github-container-registry.yaml', event: 'push', gitTag: 'v1.2.3' }],
    login: true,
    published: { wmcore: ['1.2.3', '1.2.3-stable', '1.2', 'latest'] },
  },
  {
    name: 'wmcore',
    runs: [{ workflow: 'examples/wmcore.yaml', event: 'push', matrix: ['target:reqmgr2', 'target:reqmon'] }],
    login: true,
    published: BOTH,
  },
  {
    name: 'wmcore-template',
    runs: [
      {
        workflow: release('./.github/workflows/docker_images_template.yaml'),
        template: 'examples/wmcore-template.yaml',
        event: 'push',
      },
    ],
    login: true,
    published: BOTH,
  },
  {
    name: 'promotion',
    runs: [
      { workflow: release(TEMPLATE, 'project: cmswmcore', 'stable: on-promotion'), event: 'push' },
      {
        workflow: caller(`    uses: dmwm/stable-release-action/.github/workflows/promote_stable_images.yaml@v1
    with:
      tag: 2.3.4
      services: reqmgr2, reqmon`),
        event: 'push',
      },
    ],
    login: true,
    published: BOTH,
  },
  {
    name: 'train',
    runs: [
      {
        workflow: caller(`    uses: dmwm/stable-release-action/.github/workflows/release_services.yaml@v1
    with:
      services: reqmgr2, reqmon`),
        event: 'push',
      },
    ],
    login: true,
    published: BOTH,
  },
  {
    name: 'test-before-push',
    runs: [{ workflow: 'examples/test-before-push.yaml', event: 'push' }],
    login: true,
    published: { 'my-service': FINAL },
  },
  {
    name: 'das2go',
    runs: [{ workflow: 'examples/das2go.yaml', event: 'push' }],
    login: true,
    published: { 'das-server': FINAL },
    mirrored: { 'das-server': FINAL },
  },
  {
    name: 'scheduled',
    runs: [
      { workflow: release(TEMPLATE, 'project: cmswmcore'), event: 'push' },
      { workflow: release(TEMPLATE, 'project: cmswmcore'), event: 'push', gitTag: '2.4.5.8' },
      { workflow: 'examples/audit-weekly.yaml', event: 'schedule' },
    ],
    // The runs before release two services; act has no GitHub Pages.
    leaveOut:
      /^ {12}(?:wmagent|t0reqmon|msunmerged|wmglobalqueue|msoutput|mspileup|msrulecleaner|mstransferor|msmonitor)\n|^ {6}- if: .*\n {8}id: page\n(?: {8}.*\n)+|^ {2}publish:\n(?: {4}.*\n)+/gm,
    login: true,
    published: {
      reqmgr2: [...FINAL, '2.4.5.8', '2.4.5.8-stable'],
      reqmon: [...FINAL, '2.4.5.8', '2.4.5.8-stable'],
    },
  },
  {
    name: 'ci',
    runs: [
      {
        workflow: '.github/workflows/ci.yml',
        event: 'workflow_dispatch',
        inThisRepository: true,
        job: 'action',
        // One of its registries: the only one that there is stands for it.
        matrix: ['registry:2.8.3'],
      },
    ],
    // act starts services as containers from Docker Hub.
    leaveOut: /^ {4}services:\n(?: {6}.*\n)+/gm,
    login: false,
    published: { hello: [...FINAL, '2.3.5rc1'] },
  },
]
