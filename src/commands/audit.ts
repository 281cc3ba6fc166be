import { garbageCollector } from '../memory.ts'
import { mapSome } from '../some.ts'
import { counted } from '../text.ts'
import { auditedService } from './audit-judge.ts'
import { judgedVersions, listVersions, observeVersions, readRecords } from './audit-observe.ts'
import type { AuditResult } from './audit-result.ts'
import { auditError } from './audit-verdict.ts'
import { recordsReader } from './read-records.ts'
import type { AuditRequest } from './request.ts'
import type { Registries, Run } from './tools.ts'

/**
 * Compares the registry with the policy for every version of the services: lists their tags, and asks by HEAD what each
 * leads to. Changes nothing, and pulls nothing.
 *
 * Throws an error with the result, `not-as-planned`, or what could not be read.
 */
export const audit = async (request: AuditRequest, tools: Registries & Run): Promise<AuditResult> => {
  const { log } = tools
  const { all, judged } = await log.stage('List the versions', async conclude => {
    const all = await listVersions(request, tools)
    const judged = judgedVersions(all, request)
    conclude(`${counted(judged.length, 'version')} of ${counted(all.length, 'service')}`)
    return { all, judged }
  })
  const garbage = garbageCollector()
  const records = request.withRecords ? recordsReader(tools) : undefined
  await log.stage('Read the registry', async conclude => {
    await observeVersions(all, judged, { ...tools, garbage })
    if (records !== undefined) await readRecords(all, judged, records)
    garbage.collect()
    conclude(
      `${counted(
        all.reduce((sum, { tags }) => sum + tags.size, 0),
        'tag',
      )} looked at`,
    )
  })
  const result: AuditResult = {
    command: 'audit',
    from: request.from,
    records: records === undefined ? 'not-read' : records.isSupported ? 'read' : 'unsupported',
    services: mapSome(all, one => auditedService(one, judged, { request, all })),
  }
  const error = auditError(
    result,
    all.map(({ error, unread }) => (error === undefined ? [...unread.values()] : [error])),
  )
  if (error !== undefined) throw error
  return result
}
