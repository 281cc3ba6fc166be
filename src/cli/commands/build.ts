import type { Command } from '../command.ts'
import { buildOptions, loginOptions, policyOptions } from '../options.ts'
import { carryOut } from '../order.ts'
import { registryCommand } from '../registry-command.ts'

/** `build`, as docker.sh has it. */
export const build: Command = {
  ...registryCommand,
  name: 'build',
  summary: 'Builds the image of a git tag on this machine, and pushes nothing',
  details:
    'Builds once. The image has every tag that belongs to this version alone, such as 2.3.4 and 2.3.4-stable.',
  options: [...policyOptions, ...buildOptions, ...loginOptions],
  examples: [
    {
      line: 'stable-release build reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'build the current directory',
    },
    {
      line: 'stable-release build reqmgr2 2.3.4 registry.cern.ch --context docker/pypi/reqmgr2',
      shows: 'build another directory, in the project cmsweb',
    },
  ],
  run: carryOut('build'),
}
