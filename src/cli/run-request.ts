import { tmpdir } from 'node:os'
import { systemClock } from '../clock.ts'
import { execute } from '../commands/execute.ts'
import type { Request } from '../commands/request.ts'
import {
  allTags,
  type CommandResult,
  type ImageTagResult,
  isPublished,
  writesRegistry,
} from '../commands/result.ts'
import { ResultError } from '../commands/result-error.ts'
import { askForProject } from '../inputs/missing-project.ts'
import { validateRequest } from '../inputs/request.ts'
import { mistakesOf, toldInOrder, valid } from '../inputs/validated.ts'
import { RunJournal } from '../report/journal.ts'
import { tableOf } from '../report/table.ts'
import { removeLeftBehind, withTemporary } from '../temporary.ts'
import { jsonLine } from '../text.ts'
import { USER_AGENT } from '../version.ts'
import { ciContext } from './ci.ts'
import type { Call } from './command.ts'
import { githubTokenOf, passwordOf, withoutPassword } from './credentials.ts'
import { swappedArguments } from './swapped-arguments.ts'

/** The validated request of a call. */
export const requestOf = async (command: Request['command'], call: Call): Promise<Request> => {
  const { texts, flags, mistakes, caller, directory, log } = call
  const token = githubTokenOf(call)
  // Nobody should have to wait for standard input only to be told of mistakes.
  const isUnread = mistakes.length > 0 && flags.has('password-stdin')
  const password = isUnread ? valid('') : await passwordOf(call)
  const given = {
    ...texts,
    ...(isUnread ? { username: '' } : {}),
    command,
    password: password.ok ? password.value : '',
    'github-token': token.ok ? token.value : '',
  }
  call.secrets.addInputs(given)
  const before = toldInOrder(mistakes, [...mistakesOf(token), ...mistakesOf(password)])
  const { request, warnings } = validateRequest(given, ciContext(call.env, directory), {
    caller,
    before,
    objections: swappedArguments,
  })
  for (const { title, message } of warnings) log.warning(title, message)
  return request
}

const print = ({ output, json }: Call, result: CommandResult): Promise<void> =>
  output.write(`${json ? jsonLine(result) : tableOf(result, output.width)}\n`)

/** Runs a command as the action does, and prints its result; also one that is not as planned. */
export const runRequest =
  (command: Request['command']) =>
  async (call: Call): Promise<void> => {
    const { directory: workspace, log, secrets } = call
    const request = await requestOf(command, call)
    // Not before: nothing is there to clean up, and a wait for a password that is piped in ends at once.
    const signal = call.interruption()
    const env = withoutPassword(call.env)
    const journal = new RunJournal()
    const clock = systemClock(signal)
    try {
      const result = await execute(
        request,
        { env, log, secrets, clock, started: clock.now(), journal, signal, workspace },
        // In this file, as the command line is one; evaluated when they are asked for.
        {
          loadCommands: () => import(/* webpackMode: "eager" */ '../commands/dispatch.ts'),
          loadGitHub: () => import(/* webpackMode: "eager" */ '../github/index.ts'),
          withTemporary: use => removeLeftBehind(tmpdir()).then(() => withTemporary(tmpdir(), use)),
          userAgent: USER_AGENT,
        },
      )
      await print(call, result)
    } catch (error) {
      if (error instanceof ResultError) await print(call, error.result)
      const { soFar } = journal
      const tags = soFar === undefined || !writesRegistry(command) ? [] : allTags(soFar)
      const list = (some: readonly ImageTagResult[]): string =>
        some.map(({ reference }) => reference).join(', ')
      const published = tags.filter(isPublished)
      const pushed = tags.filter(({ outcome }) => outcome === 'pushed')
      if (published.length > 0) log.info(`Published by now: ${list(published)}`)
      if (pushed.length > 0) log.info(`In the registry now, not read back: ${list(pushed)}`)
      const unclear = tags.filter(({ outcome }) => outcome === 'unclear')
      if (unclear.length > 0) log.info(`May have been written: ${list(unclear)}`)
      throw askForProject(error, call.texts, call.caller)
    }
  }
