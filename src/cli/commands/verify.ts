import type { Command } from '../command.ts'
import { digestOption, loginOptions, policyOptions, recordOption, stableOption } from '../options.ts'
import { registryCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** `verify`: the registry and the plan. */
export const verify: Command = {
  ...registryCommand,
  name: 'verify',
  summary: 'Compares the registry with the plan, and changes nothing',
  details:
    'Prints the tags as they are; exit status 1 if one is missing or another image. Needs no docker. <service> may be several, separated by commas.',
  options: [...policyOptions, ...digestOption, ...stableOption, ...recordOption, ...loginOptions],
  examples: [
    {
      line: 'stable-release verify reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'is 2.3.4-stable there, and the same image as 2.3.4?',
    },
  ],
  run: runRequest('verify'),
}
