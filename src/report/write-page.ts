import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Request } from '../commands/request.ts'
import type { Run } from '../commands/run.ts'
import { asRunnerFault, messageOf, runnerUnusable } from '../errors.ts'
import { pageOf } from './page.ts'

/** Runs a command, and writes the page that an audit was asked for, however it ends. Throws what failed first. */
export async function withPage(
  request: Request,
  { ledger, secrets, log, signal }: Pick<Run, 'ledger' | 'secrets' | 'log' | 'signal'>,
  run: () => Promise<void>,
): Promise<void> {
  const page = request.command === 'audit' ? request.page : undefined
  if (page === undefined) return run()
  const failed = await run().then(
    () => undefined,
    (error: unknown) => ({ error: signal.aborted ? signal.reason : error }),
  )
  try {
    const error = failed && secrets.maskError(asRunnerFault(failed.error))
    const text = pageOf(ledger.result, error, { by: page.madeBy, at: new Date() })
    writeWhole(page.file, secrets.mask(text))
    log.info(`Page: ${page.file}`)
  } catch (cause) {
    if (failed === undefined) throw cause
    log.warning('The page was not written', messageOf(cause))
  }
  if (failed !== undefined) throw failed.error
}

/** There is the whole file, or the one that was there before. */
function writeWhole(file: string, text: string) {
  const beside = join(dirname(file), `.${randomUUID()}.html`)
  try {
    writeFileSync(beside, text, { flag: 'wx' })
    renameSync(beside, file)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw runnerUnusable(`${file} was not written`, 'Check its directory, then run it again.', cause)
  }
}
