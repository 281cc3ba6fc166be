import { quoted } from '../../inputs/invalid.ts'
import { invalidInput, type Mistake, toldInOrder } from '../../inputs/validated.ts'
import type { Call, Command } from '../command.ts'
import { loginOptions, policyOptions, recordOption, stableOption } from '../options.ts'
import { registryCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** The mistake of a git tag that stands where all other commands have one. */
const noTag = ({ texts: { registry, project } }: Call): readonly Mistake[] =>
  /[0-9]\.[0-9]/.test(registry) && !/[/:]/.test(registry) && /[.:]/.test(project)
    ? [
        invalidInput(
          ['registry', 'project'],
          `<registry> is ${quoted(registry)} and <project> is ${quoted(project)}: audit is for every version, and takes no <tag>.`,
          'The order is <service> <registry> <project>; --from says with which version it begins.',
        ),
      ]
    : []

/** `audit`: the registry and the policy. */
export const audit: Command = {
  ...registryCommand,
  name: 'audit',
  positionals: ['service', 'registry', 'project'],
  summary: 'Compares the registry with the policy for every version, and changes nothing',
  details:
    'Prints what every version is for every service, the newest first, and what is wrong, with a remedy; exit status 1 if something is. <service> may be several, separated by commas. Needs no docker, and pulls nothing.',
  options: [
    ...policyOptions,
    ...stableOption,
    { input: 'from', value: 'tag', means: 'The git tag of the oldest version that is judged.' },
    ...recordOption,
    ...loginOptions,
  ],
  examples: [
    {
      line: 'stable-release audit reqmgr2,reqmon registry.cern.ch cmswmcore --from 2.4.0',
      shows: 'what is stable of two services, from 2.4.0 on',
    },
  ],
  run: call => runRequest('audit')({ ...call, mistakes: toldInOrder(noTag(call), call.mistakes) }),
}
