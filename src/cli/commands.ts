import type { InputName } from '../contract.ts'

/** A command of the command line: what it takes, and what the help says of it. */
export interface CommandHelp {
  readonly name: 'release' | 'build' | 'push' | 'promote' | 'verify' | 'audit' | 'plan'
  readonly summary: string
  readonly details: string
  /** What stands for the project that is left out; without it, it must be given. */
  readonly project?: string
  readonly options: readonly InputName[]
  readonly example: string
}

const POLICY: readonly InputName[] = ['policy', 'policy-file']
const BUILD: readonly InputName[] = ['context', 'file', 'build-args', 'build-options', 'labels']
const CHECKS: readonly InputName[] = ['require-checks', 'checks-timeout']
const PUBLISH: readonly InputName[] = ['on-existing', 'stable', ...CHECKS, 'record', 'username']
const RELEASE: readonly InputName[] = [
  ...POLICY,
  ...BUILD,
  'package',
  'package-index',
  'package-timeout',
  ...PUBLISH,
]

/** The project that docker.sh has where none is given; the commands that it does not have must be given theirs. */
const DOCKER_SH_PROJECT = 'cmsweb'

/** The commands, in the order of the help. */
export const commands: readonly CommandHelp[] = [
  {
    name: 'release',
    summary: 'Builds, publishes and verifies the images of a git tag',
    details:
      'Builds the image once, pushes it under its first tag, copies it to the other tags inside the registry, and reads every tag back. What is published already is kept: run it again after a failure.',
    options: RELEASE,
    example: 'stable-release release reqmgr2 2.3.4 registry.cern.ch cmswmcore',
  },
  {
    name: 'build',
    summary: 'Builds the image of a git tag on this machine, and pushes nothing',
    details:
      'Builds once. The image has every tag that belongs to this version alone, such as 2.3.4 and 2.3.4-stable.',
    project: DOCKER_SH_PROJECT,
    options: [...POLICY, ...BUILD, 'username'],
    example: 'stable-release build reqmgr2 2.3.4 registry.cern.ch cmswmcore --context docker/pypi/reqmgr2',
  },
  {
    name: 'push',
    summary: 'Publishes and verifies what build has built',
    details:
      'Finds the image by its exact name under every tag that build gives it, which must be one image. Exit status 2: only a stable tag is missing.',
    project: DOCKER_SH_PROJECT,
    options: [...POLICY, ...PUBLISH],
    example: 'stable-release push reqmgr2 2.3.4 registry.cern.ch cmswmcore --username me --password-stdin',
  },
  {
    name: 'promote',
    summary: 'Gives a published image its stable tags, by digest',
    details:
      'Builds and pulls nothing, and needs no docker. <service> may be several, separated by commas, each a name or name@sha256:…: all become stable, or none.',
    options: [...POLICY, 'digest', ...CHECKS, 'record', 'username'],
    example: 'stable-release promote reqmgr2 2.3.4 registry.cern.ch cmswmcore',
  },
  {
    name: 'verify',
    summary: 'Compares the registry with the plan, and changes nothing',
    details:
      'Prints the tags as they are; exit status 1 if one is missing or another image. Needs no docker. <service> may be several, separated by commas.',
    options: [...POLICY, 'digest', 'stable', 'record', 'username'],
    example: 'stable-release verify reqmgr2 2.3.4 registry.cern.ch cmswmcore',
  },
  {
    name: 'audit',
    summary: 'Compares the registry with the policy for every version, and changes nothing',
    details:
      'Prints what every version is for every service, the newest first, and what is wrong, with a remedy; exit status 1 if something is. <service> may be several, separated by commas. Needs no docker, and pulls nothing.',
    options: [...POLICY, 'stable', 'from', 'record', 'username'],
    example: 'stable-release audit reqmgr2,reqmon registry.cern.ch cmswmcore --from 2.4.0',
  },
  {
    name: 'plan',
    summary: 'Says which images a git tag gets, and why',
    details: 'Takes what release takes, and checks all of it, but touches neither docker nor the network.',
    options: RELEASE,
    example: 'stable-release plan reqmgr2 2.3.4 registry.cern.ch cmswmcore',
  },
]

/** The arguments of docker.sh, in its order; audit is for every version. */
export function positionalsOf({ name }: CommandHelp): readonly InputName[] {
  return name === 'audit' ? ['service', 'registry', 'project'] : ['service', 'tag', 'registry', 'project']
}
