import type { Command } from '../command.ts'
import { checksOptions, digestOption, loginOptions, policyOptions, recordOption } from '../options.ts'
import { githubCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** `promote`: stable tags for what is published. */
export const promote: Command = {
  ...githubCommand,
  name: 'promote',
  summary: 'Gives a published image its stable tags, by digest',
  details:
    'Builds and pulls nothing, and needs no docker. <service> may be several, separated by commas, each a name or name@sha256:…: all become stable, or none.',
  options: [...policyOptions, ...digestOption, ...checksOptions, ...recordOption, ...loginOptions],
  examples: [
    {
      line: 'stable-release promote reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'make 2.3.4-stable the image that 2.3.4 is',
    },
  ],
  run: runRequest('promote'),
}
