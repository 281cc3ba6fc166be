import type { InputName } from '../action-yml.ts'
import type { Request } from '../commands/request.ts'

type Inputs = readonly InputName[]

/** How the program ends; 1 and 2 are docker.sh's. */
export const EXIT_STATUSES = {
  0: 'done, and the registry is as planned',
  1: 'a wrong call, a difference, or any other failure',
  2: 'push: the image was built, but not the stable one',
  3: 'verify, audit: nothing differs, but something could not be read',
} as const

export interface CommandHelp {
  readonly name: Request['command'] | 'explain'
  readonly summary: string
  readonly details: string
  readonly positionals: Inputs
  readonly project?: string
  readonly options: Inputs
}

/** The arguments of docker.sh, in its order. */
const IMAGE: Inputs = ['service', 'tag', 'registry', 'project']
const POLICY: Inputs = ['policy', 'policy-file']
const BUILD: Inputs = ['context', 'file', 'build-args', 'build-options', 'labels']
const CHECKS: Inputs = ['require-checks', 'checks-timeout']
const PUBLISH: Inputs = ['mirrors', 'on-existing', 'stable', ...CHECKS, 'record', 'username']
const PACKAGE: Inputs = ['package', 'package-index', 'package-timeout']
const RELEASE: Inputs = [...POLICY, ...BUILD, 'source-image', ...PACKAGE, ...PUBLISH]

export const commands: readonly CommandHelp[] = [
  {
    name: 'release',
    summary: 'Builds, publishes and verifies the images of a git tag.',
    details: 'Run it again after a failure: it resumes, and what is published is kept.',
    positionals: IMAGE,
    options: RELEASE,
  },
  {
    name: 'build',
    summary: 'Builds the image of a git tag on this machine, and pushes nothing.',
    details: 'It gets every tag of this version alone, such as 2.3.4 and 2.3.4-stable.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...BUILD, 'username'],
  },
  {
    name: 'push',
    summary: 'Publishes and verifies what build has built.',
    details: 'All tags that build gives must be there, and be one image.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...PUBLISH],
  },
  {
    name: 'promote',
    summary: 'Gives a published image its stable tags, by digest.',
    details: 'Of several services, as name or name@sha256:…, nothing is written until all are ready.',
    positionals: IMAGE,
    options: [...POLICY, 'mirrors', 'digest', ...CHECKS, 'record', 'username'],
  },
  {
    name: 'verify',
    summary: 'Compares the registry with the plan, and changes nothing.',
    details: 'Takes several services, separated by commas.',
    positionals: IMAGE,
    options: [...POLICY, 'mirrors', 'digest', 'stable', 'record', 'username'],
  },
  {
    name: 'audit',
    summary: 'Compares every version with the policy, and changes nothing.',
    details: 'Takes several services, separated by commas.',
    positionals: ['service', 'registry', 'project'],
    options: [...POLICY, 'stable', 'from', 'used', 'html-file', 'record', 'username'],
  },
  {
    name: 'plan',
    summary: 'Says which images a git tag gets, and why.',
    details: 'Checks all that release takes, without docker or the network.',
    positionals: IMAGE,
    options: RELEASE,
  },
  {
    name: 'explain',
    summary: 'Says which image tags each of many git tags gets.',
    details: 'Reads them from standard input, one a line: git tag | stable-release explain.',
    positionals: [],
    options: POLICY,
  },
]
