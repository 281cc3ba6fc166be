import { ReleaseError, remediesOf } from '../errors.ts'
import { counted } from '../text.ts'
import { auditedService } from './audit-judge.ts'
import { judgedVersions, listVersions, observeVersions, readRecords } from './audit-observe.ts'
import { type AuditResult, findingsIn } from './audit-result.ts'
import type { AuditRequest } from './request.ts'
import type { Run } from './run.ts'

/**
 * Compares the registry with the policy for every version of the services: lists their tags, and asks by HEAD what each leads
 * to. Changes nothing, and pulls nothing.
 *
 * Throws `not-as-planned`, or what could not be read.
 */
export async function audit(request: AuditRequest, run: Run): Promise<void> {
  const { log, ledger } = run
  const { all, judged } = await log.stage('List the versions', async conclude => {
    const all = await listVersions(request, run)
    const judged = judgedVersions(all, request)
    conclude(`${counted(judged.length, 'version')} of ${counted(all.length, 'service')}`)
    return { all, judged }
  })
  await log.stage('Read the registry', async conclude => {
    await observeVersions(all, judged, run)
    if (request.withRecords) await readRecords(all, judged, run)
    conclude(
      `${counted(
        all.reduce((sum, { tags }) => sum + tags.size, 0),
        'tag',
      )} looked at`,
    )
  })
  const isSupported = all.some(({ records }) => records !== 'unsupported')
  const result: AuditResult = {
    command: 'audit',
    from: request.from,
    records: !request.withRecords ? 'not-read' : isSupported ? 'read' : 'unsupported',
    services: all.map(one => auditedService(one, judged, { request, all })),
  }
  ledger.result = result
  throwIfWrong(
    result,
    all.map(({ error, unread }) => (error === undefined ? [...unread.values()] : [error])),
  )
}

/** Throws what was found. `errors` are what kept each service from being read; if that is all, the error has its name. */
function throwIfWrong(result: AuditResult, errors: readonly (readonly ReleaseError[])[]): void {
  const { services } = result
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const empty = services.filter(({ problem }, index) => problem !== undefined && errors[index]?.length === 0)
  const unreadable = errors.filter(({ length }) => length > 0)
  const [firstUnread] = unreadable.flat()
  if (wrong.length === 0 && empty.length === 0 && firstUnread === undefined) return
  const of = [...new Set(wrong.map(({ service }) => service))].join(', ')
  const said = [
    wrong.length > 0 && `${counted(wrong.length, 'thing is', 'things are')} not as the policy has it (${of})`,
    ...empty.map(({ image, problem }) => `nothing of ${image} can be judged: ${problem}`),
    unreadable.length > 0 &&
      `${unreadable.length} of ${counted(services.length, 'service')} could not be read in full: ${firstUnread?.what}`,
  ].filter(part => part !== false)
  const remedies = [
    wrong.length > 0 && 'Each is listed with its remedy.',
    empty.length > 0 &&
      'Check registry, project, service and from, and that the policy is the one by which they are released.',
    unreadable.length > 0 && remediesOf(unreadable.flat()),
  ].filter(part => part !== false)
  const isOnlyUnread = wrong.length === 0 && empty.length === 0 && firstUnread !== undefined
  throw new ReleaseError(isOnlyUnread ? firstUnread.name : 'not-as-planned', {
    what: said.map(part => `${part.charAt(0).toUpperCase()}${part.slice(1).replace(/\.$/, '')}.`).join(' '),
    remedy: remedies.join(' '),
  })
}
