import { decidePlan } from '../../commands/plan.ts'
import type { ImageTagResult, Result } from '../../commands/result.ts'
import type { Colours } from '../../report/terminal-colours.ts'
import { jsonLine, oneLine } from '../../text.ts'
import type { Call, Command } from '../command.ts'
import { releaseOptions } from '../options.ts'
import { githubCommand } from '../registry-command.ts'
import { requestOf } from '../run-request.ts'

const table = ({ services, gitTag, rule, reason }: Result, { bold, green }: Colours): string => {
  const [{ tags }] = services
  const [first, ...copies] = tags
  const list = (some: readonly ImageTagResult[]): string =>
    some.length === 0 ? 'none' : some.map(({ tag, stable }) => (stable ? green(tag) : tag)).join(' ')
  return [
    ...services.map(({ image }) => ['image', image]),
    ['git tag', oneLine(gitTag)],
    ['rule', rule],
    ['first tag', list([first])],
    ['copies', list(copies)],
    ['stable tags', list(tags.filter(({ stable }) => stable))],
    ['moving tags', list(tags.filter(({ moving }) => moving))],
    ['reason', oneLine(reason)],
  ]
    .map(([name = '', value]) => `${bold(name.padEnd(11))}  ${value}\n`)
    .join('')
}

const run = async (call: Call): Promise<void> => {
  const { json, output, colours } = call
  const request = await requestOf('plan', call)
  if (request.command !== 'plan') throw new TypeError(`the request is for ${request.command}`)
  const result = decidePlan(request)
  await output.write(json ? `${jsonLine(result)}\n` : table(result, colours))
}

/** `plan`: one git tag, and why it gets the image tags that it gets. */
export const plan: Command = {
  ...githubCommand,
  name: 'plan',
  summary: 'Says which images a git tag gets, and why',
  details:
    'Takes what release takes, and checks all of it, but touches neither docker nor the network. A git tag that no rule matches is an error.',
  options: releaseOptions,
  examples: [
    {
      line: 'stable-release plan reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'what WMCore publishes for 2.3.4 from the current directory',
    },
  ],
  run,
}
