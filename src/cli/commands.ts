import type { Request } from '../commands/request.ts'
import type { InputName } from '../contract.ts'

/** How the program ends, as docker.sh does. */
export const EXIT_STATUSES = {
  0: 'done, and the registry is as planned',
  1: 'a wrong call, an image that was not built, or anything else that failed',
  2: 'push: the stable image was not built, though the image was',
} as const

/** A command of the command line: what it takes, and what the help says of it. */
export interface CommandHelp {
  readonly name: Request['command'] | 'explain'
  /** The first sentence is all that the list of commands says. */
  readonly description: string
  readonly positionals: readonly InputName[]
  /** What the project is if it is left out; without it, it must be given. */
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
    description:
      'Builds, publishes and verifies the images of a git tag. Builds once, pushes the first tag, copies it to the others inside the registry, and reads all of them back. Run it again after a failure: what is published is kept.',
    positionals: IMAGE,
    options: RELEASE,
    example: `stable-release release ${EXAMPLE}`,
  },
  {
    name: 'build',
    description:
      'Builds the image of a git tag on this machine, and pushes nothing. It gets every tag that belongs to this version alone, such as 2.3.4 and 2.3.4-stable.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...BUILD, 'username'],
    example: `stable-release build ${EXAMPLE} --context docker/reqmgr2`,
  },
  {
    name: 'push',
    description:
      'Publishes and verifies what build has built. All tags that build gives must be there, and be one image.',
    positionals: IMAGE,
    project: 'cmsweb',
    options: [...POLICY, ...PUBLISH],
    example: `stable-release push ${EXAMPLE} --username me --password-stdin`,
  },
  {
    name: 'promote',
    description:
      'Gives a published image its stable tags, by digest. Needs no docker. Of several services, separated by commas, each a name or name@sha256:…, nothing is written until all are ready.',
    positionals: IMAGE,
    options: [...POLICY, 'digest', ...CHECKS, 'record', 'username'],
    example: `stable-release promote ${EXAMPLE}`,
  },
  {
    name: 'verify',
    description:
      'Compares the registry with the plan, and changes nothing. Needs no docker. Takes several services, separated by commas.',
    positionals: IMAGE,
    options: [...POLICY, 'digest', 'stable', 'record', 'username'],
    example: `stable-release verify ${EXAMPLE}`,
  },
  {
    name: 'audit',
    description:
      'Compares the registry with the policy for every version, and changes nothing. Needs no docker, and pulls nothing. Takes several services, separated by commas.',
    positionals: ['service', 'registry', 'project'],
    options: [...POLICY, 'stable', 'from', 'record', 'username'],
    example: 'stable-release audit reqmgr2,reqmon registry.cern.ch cmswmcore --from 2.4.0',
  },
  {
    name: 'plan',
    description:
      'Says which images a git tag gets, and why. Checks all that release takes, without docker or the network.',
    positionals: IMAGE,
    options: RELEASE,
    example: `stable-release plan ${EXAMPLE}`,
  },
  {
    name: 'explain',
    description:
      'Says which image tags each of many git tags gets. Reads them from standard input, one a line, and counts how many each rule takes. With --json, an object a line.',
    positionals: [],
    options: POLICY,
    example: 'git tag | stable-release explain --policy dmwm-go',
  },
]
