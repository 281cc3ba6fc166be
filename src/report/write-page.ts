import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Request } from '../commands/request.ts'
import type { Run } from '../commands/run.ts'
import { asRunnerFault, messageOf } from '../errors.ts'
import { pageOf } from './page.ts'

/** Runs a command, and writes the page that an audit was asked for, however it ends. Throws what failed first. */
export async function withPage(
  request: Request,
  { ledger, secrets, log, signal }: Pick<Run, 'ledger' | 'secrets' | 'log' | 'signal'>,
  run: () => Promise<void>,
): Promise<void> {
  if (request.command !== 'audit' || request.page === undefined) return run()
  const { file, madeBy } = request.page
  const write = (error?: unknown) => {
    const page = pageOf(ledger, secrets.maskError(asRunnerFault(error)), { by: madeBy, at: new Date() })
    // Renamed: it is there whole, and what is there may be a link that leads elsewhere.
    const beside = join(dirname(file), `.${randomUUID()}`)
    try {
      writeFileSync(beside, secrets.mask(page), { flag: 'wx' })
      renameSync(beside, file)
    } finally {
      rmSync(beside, { force: true })
    }
    log.info(`Page: ${file}`)
  }
  try {
    await run()
  } catch (error) {
    try {
      write(signal.aborted ? signal.reason : error)
    } catch (cause) {
      log.warning('The page was not written', messageOf(cause))
    }
    throw error
  }
  write()
}
