import type { Command } from '../command.ts'
import { releaseOptions } from '../options.ts'
import { githubCommand } from '../registry-command.ts'
import { runRequest } from '../run-request.ts'

/** `release`: all in one call. */
export const release: Command = {
  ...githubCommand,
  name: 'release',
  summary: 'Builds, publishes and verifies the images of a git tag',
  details:
    'Builds the image once, pushes it under its first tag, copies it to the other tags inside the registry, and reads every tag back. What is published already is kept: run it again after a failure.',
  options: releaseOptions,
  examples: [
    {
      line: 'stable-release release reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'build the current directory, publish it as 2.3.4 and 2.3.4-stable',
    },
    {
      line: 'stable-release release t0reqmon 2.3.4 registry.cern.ch cmswmcore --package reqmon',
      shows: 'wait for the package reqmon 2.3.4 before the build',
    },
  ],
  run: runRequest('release'),
}
