import type { Command } from '../command.ts'
import {
  checksOptions,
  loginOptions,
  policyOptions,
  publishOptions,
  recordOption,
  stableOption,
} from '../options.ts'
import { DEFAULTS, githubCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** `push`, as docker.sh has it. */
export const push: Command = {
  ...githubCommand,
  defaults: DEFAULTS,
  name: 'push',
  summary: 'Publishes and verifies what build has built',
  details:
    'Finds the image by its exact name under every tag that build gives it, which must be one image. Exit status 2: only a stable tag is missing.',
  options: [
    ...policyOptions,
    ...publishOptions,
    ...stableOption,
    ...checksOptions,
    ...recordOption,
    ...loginOptions,
  ],
  examples: [
    {
      line: 'stable-release push reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'publish it with the login that docker has',
    },
    {
      line: 'stable-release push reqmgr2 2.3.4 registry.cern.ch cmswmcore --username me --password-stdin',
      shows: 'publish it with another account, whose password is piped in',
    },
  ],
  run: runRequest('push'),
}
