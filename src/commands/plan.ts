import { AWAITS_PROMOTION } from '../reconcile/state.ts'
import { isDigest, nameOf } from '../registry/reference.ts'
import { noteOutcome } from './ledger.ts'
import type { PlanRequest } from './request.ts'
import { announcePlan, type Run } from './run.ts'

/** Touches neither docker nor the network. */
export function plan(request: PlanRequest, run: Pick<Run, 'log' | 'ledger'>) {
  const { services } = announcePlan(request, run)
  const { sourceImage, stable, decision } = request
  if (sourceImage !== undefined) {
    const when = isDigest(sourceImage.reference) ? '' : ', whose digest the release looks up'
    run.log.info(`Nothing is built: ${decision.first.tag} becomes ${nameOf(sourceImage)}${when}.`)
  }
  if (stable !== 'on-promotion') return
  for (const entry of services.flatMap(service => [service, ...service.mirrors]))
    for (const { tag, stable } of entry.tags)
      if (stable) noteOutcome(entry, tag, 'withheld', { note: AWAITS_PROMOTION })
}
