import type { InputName } from '../action-yml.ts'
import type { Request } from '../commands/request.ts'

/** How the program ends, as docker.sh does. */
export const EXIT_STATUSES = {
  0: 'done, and the registry is as planned',
  1: 'a wrong call, an image that was not built, or anything else that failed',
  2: 'push: the stable image was not built, though the image was',
} as const

/** What a command of the command line takes, and what the help says of it. */
export interface CommandHelp {
  readonly name: Request['command'] | 'explain'
  readonly summary: string
  /** What only the command's own help says. */
  readonly details: string
  readonly positionals: readonly InputName[]
  /** The default of the project; without one it must be given. */
  readonly project?: string
  readonly options: readonly InputName[]
  readonly example: string
}

const EXAMPLE = 'reqmgr2 2.3.4 registry.cern.ch cmswmcore'

/** The arguments of docker.sh, in its order. */
const IMAGE: readonly InputName[] = ['service', 'tag', 'registry', 'project']
const POLICY: readonly InputName[] = ['policy', 'policy-file']
const BUILD: readonly InputName[] = ['context', 'file', 'build-args', 'build-options', 'labels']
const PACKAGE: readonly InputName[] = ['package', 'package-index', 'package-timeout']
const CHECKS: readonly InputName[] = ['require-checks', 'checks-timeout']
const PUBLISH: readonly InputName[] = ['on-existing', 'stable', ...CHECKS, 'record', 'username']
const RELEASE: readonly InputName[] = [...POLICY, ...BUILD, ...PACKAGE, ...PUBLISH]

/** The commands, in the order of the help. */
export const commands: readonly CommandHelp[] = [
  {
    name: 'release',
    summary: 'Builds, publishes and verifies the images of a git tag.',
    details:
      'Builds once, pushes the first tag, copies it to the others inside the registry, and reads all of them back. Run it again after a failure: what is published is kept.',
    positionals: IMAGE,
    options: RELEASE,
    example: `stable-release release ${EXAMPLE}`,
  },
  {
    name: 'build',
    summary: 'Builds the image of a git tag on this machine, and pushes nothing.',
    details: 'It gets every tag that belongs to this version alone, such as 2.3.4 and 2.3.4-stable.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...BUILD, 'username'],
    example: `stable-release build ${EXAMPLE} --context docker/reqmgr2`,
  },
  {
    name: 'push',
    summary: 'Publishes and verifies what build has built.',
    details: 'All tags that build gives must be there, and be one image.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...PUBLISH],
    example: `stable-release push ${EXAMPLE} --username me --password-stdin`,
  },
  {
    name: 'promote',
    summary: 'Gives a published image its stable tags, by digest.',
    details:
      'Needs no docker. Of several services, separated by commas, each a name or name@sha256:…, nothing is written until all are ready.',
    positionals: IMAGE,
    options: [...POLICY, 'digest', ...CHECKS, 'record', 'username'],
    example: `stable-release promote ${EXAMPLE}`,
  },
  {
    name: 'verify',
    summary: 'Compares the registry with the plan, and changes nothing.',
    details: 'Needs no docker. Takes several services, separated by commas.',
    positionals: IMAGE,
    options: [...POLICY, 'digest', 'stable', 'record', 'username'],
    example: `stable-release verify ${EXAMPLE}`,
  },
  {
    name: 'audit',
    summary: 'Compares the registry with the policy for every version, and changes nothing.',
    details: 'Needs no docker, and pulls nothing. Takes several services, separated by commas.',
    positionals: ['service', 'registry', 'project'],
    options: [...POLICY, 'stable', 'from', 'record', 'username'],
    example: 'stable-release audit reqmgr2,reqmon registry.cern.ch cmswmcore --from 2.4.0',
  },
  {
    name: 'plan',
    summary: 'Says which images a git tag gets, and why.',
    details: 'Checks all that release takes, without docker or the network.',
    positionals: IMAGE,
    options: RELEASE,
    example: `stable-release plan ${EXAMPLE}`,
  },
  {
    name: 'explain',
    summary: 'Says which image tags each of many git tags gets.',
    details:
      'Reads them from standard input, one a line, and counts how many each rule takes. With --json, an object a line.',
    positionals: [],
    options: POLICY,
    example: 'git tag | stable-release explain --policy dmwm-go',
  },
]
