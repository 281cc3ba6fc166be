import { planOf } from '../../commands/plan.ts'
import type { Result, TagResult } from '../../commands/result.ts'
import { orderOf } from '../../inputs/request.ts'
import { readRunContext } from '../../inputs/run-context.ts'
import type { Colours } from '../../report/terminal-colours.ts'
import { jsonLine, oneLine } from '../../text.ts'
import type { Call, Command } from '../command.ts'
import { policyOptions } from '../options.ts'
import { IMAGE } from '../registry-command.ts'
import { refuseSwapped } from '../swapped-arguments.ts'

const table = ({ image, gitTag, rule, tags, reason }: Result, { bold, green }: Colours): string => {
  const [first, ...copies] = tags
  const list = (some: readonly TagResult[]): string =>
    some.length === 0 ? 'none' : some.map(({ tag, stable }) => (stable ? green(tag) : tag)).join(' ')
  return [
    ['image', image],
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

const run = async ({
  texts,
  mistakes,
  json,
  caller,
  directory,
  output,
  log,
  colours,
}: Call): Promise<void> => {
  // Without an environment: what is planned is what the command line says, on a runner as well.
  const context = readRunContext({}, directory)
  const { request, warnings } = orderOf({ ...texts, command: 'plan' }, context, { caller, before: mistakes })
  refuseSwapped(request)
  for (const { title, message } of warnings) log.warning(title, message)
  const { result } = planOf(request)
  await output.write(json ? `${jsonLine(result)}\n` : table(result, colours))
}

/** `plan`: one git tag, and why it gets the image tags that it gets. */
export const plan: Command = {
  name: 'plan',
  summary: 'Says which images a git tag gets, and why',
  details: 'Touches neither docker nor the network. A git tag that no rule matches is an error.',
  positionals: IMAGE,
  options: policyOptions,
  json: "The result as one JSON object, as the action's output json has it.",
  examples: [
    {
      line: 'stable-release plan reqmgr2 2.3.4 registry.cern.ch cmswmcore',
      shows: 'what WMCore publishes for 2.3.4',
    },
  ],
  run,
}
