import { AWAITS_PROMOTION } from '../reconcile/state.ts'
import { noteOutcome } from './ledger.ts'
import type { PlanRequest } from './request.ts'
import { announcePlan, type Run } from './run.ts'

/** Decides and explains; touches neither docker nor the network. Stable tags are withheld if they are not written at once. */
export function plan(request: PlanRequest, run: Pick<Run, 'log' | 'ledger'>): void {
  const { services } = announcePlan(request, run)
  if (request.stable !== 'on-promotion') return
  for (const service of services)
    for (const { tag, stable } of service.tags)
      if (stable) noteOutcome(service, tag, 'withheld', { note: AWAITS_PROMOTION })
}
