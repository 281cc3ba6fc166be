import type { Command } from '../command.ts'
import { buildOptions, loginOptions, policyOptions } from '../options.ts'
import { DEFAULTS, githubCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** `build`, as docker.sh has it. */
export const build: Command = {
  ...githubCommand,
  defaults: DEFAULTS,
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
      line: 'stable-release build reqmgr2 2.3.4 registry.cern.ch cmswmcore --context docker/pypi/reqmgr2',
      shows: 'build another directory',
    },
  ],
  run: runRequest('build'),
}
