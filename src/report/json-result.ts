import type { Ledger } from '../commands/ledger.ts'
import { jsonLine } from '../text.ts'
import { failureOf } from './failure.ts'

export function jsonOf({ result }: Ledger, error: unknown, command?: string) {
  if (error === undefined) return jsonLine(result)
  const { name, what, remedy } = failureOf(error)
  return jsonLine({ command, ...result, error: { name, what, remedy } })
}
