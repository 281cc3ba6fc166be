import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FromKeeper, ToKeeper } from './keeper.ts'

/** A temporary folder, for this user only, and the program that runs in it. Both end with the process that asked. */
export interface Kept {
  readonly folder: string
  /** Starts the program. Once. */
  start(program: ToKeeper): void
  /** What the program has written so far. */
  log(): string
  /**
   * Waits until `isReady` is true.
   *
   * @throws when the program ends before, or after `deadline` milliseconds; the message has the end of its log
   */
  ready(isReady: () => boolean | Promise<boolean>, deadline: number): Promise<void>
  /**
   * Stops the program and removes the folder; returns when both are gone.
   *
   * @throws when that failed
   */
  stop(): Promise<void>
}

const readLog = (folder: string): string => {
  try {
    return readFileSync(join(folder, 'log'), 'utf8')
  } catch {
    return ''
  }
}

/** Starts a keeper (see keeper.ts), which makes the folder. */
export const keep = async (): Promise<Kept> => {
  const keeper = fork(join(import.meta.dirname, 'keeper.ts'), {
    // Detached: the Ctrl-C of a terminal is for the owner; the keeper stays to clean up after it.
    detached: true,
    // The owner may be run by a test runner, with flags and hooks that are not for the keeper.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = new Promise<number | null>(resolve => keeper.once('exit', resolve))
  let ended: string | undefined
  const folder = await new Promise<string>((resolve, reject) => {
    keeper.on('error', reject)
    keeper.once('exit', status =>
      reject(new Error(`the keeper of a temporary folder ended with status ${status}`)),
    )
    keeper.on('message', (message: FromKeeper) => {
      if (message.kind === 'folder') resolve(message.folder)
      else ended = message.how
    })
  })
  // What runs here does not hold up the end of its owner.
  keeper.unref()
  keeper.channel?.unref()

  const failure = (what: string): Error =>
    new Error(`${what}; the end of its log:\n${readLog(folder).trim().split('\n').slice(-15).join('\n')}`)

  return {
    folder,
    start: program => {
      keeper.send(program)
    },
    log: () => readLog(folder),
    ready: async (isReady, deadline) => {
      const until = Date.now() + deadline
      while (!(await isReady())) {
        if (ended !== undefined) throw failure(`the program ended (${ended})`)
        if (Date.now() > until) throw failure(`the program was not ready after ${deadline} ms`)
        await sleep(20)
      }
    },
    stop: async () => {
      if (keeper.connected) keeper.disconnect()
      keeper.ref()
      const status = await gone
      if (status === 0) return
      throw new Error(`the keeper of ${folder} ended with status ${status}: the folder may still be there`)
    },
  }
}
