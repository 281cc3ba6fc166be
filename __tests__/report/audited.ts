/** Results of an audit, each with what a test needs of it. */
import type {
  AuditedService,
  AuditResult,
  AuditedVersion as Version,
} from '../../src/commands/audit-result.ts'
import type { Finding } from '../../src/reconcile/audit-findings.ts'
import type { PromotionNote } from '../../src/registry/promotion-record.ts'
import { DIGEST, IMAGE, NOTE, PROJECT } from './known.ts'

export const finding = (kind: Finding['kind'], tag: string, more: Partial<Finding> = {}): Finding => {
  const wrong = kind !== 'stable-waiting'
  return { kind, tag, wrong, what: `${tag} is what it is`, remedy: 'Fix it.', ...more }
}

export const version = (gitTag: string, state: Version['state'], more: Partial<Version> = {}): Version => {
  return { gitTag, rule: 'final', state, digest: DIGEST, stableTags: [], findings: [], ...more }
}

export const service = (
  name: string,
  versions: Version[],
  more: Partial<AuditedService> = {},
): AuditedService => {
  const about = { service: name, image: `${PROJECT}/${name}`, otherTags: 0, otherTagsSuchAs: [] }
  return { ...about, olderVersions: 0, versions, ...more }
}

export const auditOf = (...services: AuditedService[]): AuditResult => {
  return { command: 'audit', from: '2.4.0', records: 'read', services }
}

/** A stable tag, with a record of it. */
export const stable = (tag: string, more: Partial<PromotionNote> = {}, moving = false) => {
  const reference = `${IMAGE}:${tag}`
  return { tag, reference, moving, record: { ...NOTE, destination: reference, ...more } }
}
