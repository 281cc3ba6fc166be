import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, type Result, type TagEntry, type TagOutcome, writesRegistry } from '../commands/ledger.ts'
import { auditContent, type Content } from './audit-content.ts'
import { recordList } from './record-list.ts'

/** What the summary, and the log, show of a result: a table with its head, and below it lists. */
export function contentOf(result: Result | AuditResult): Content {
  const { rows, lists } = result.command === 'audit' ? auditContent(result) : tagsContent(result)
  return { rows, lists: lists.filter(({ items }) => items.length > 0) }
}

function tagsContent(result: Result): Content {
  const { command, services } = result
  const lists = [recordList(services)]
  // A run that failed before it wrote anything need not know what is there.
  const isUntouched = allTagsOf(result).every(({ outcome }) => outcome === 'planned')
  if (isUntouched && writesRegistry(command)) return { rows: [], lists }
  const tags = services[0]?.tags ?? []
  if (services.length === 1)
    return { rows: [['tag', 'outcome'], ...tags.map(tag => [tag.tag, describeOutcome(tag, command)])], lists }
  const rows = services.map(each => [each.service, ...each.tags.map(tag => describeOutcome(tag, command))])
  return { rows: [['service', ...tags.map(({ tag }) => tag)], ...rows], lists }
}

/** What became of a tag: the JSON's word, unless a reader could take it for more than is known, and what goes with it. */
function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']): string {
  const said = OF_COMMAND[command]?.[outcome] ?? WORDS[outcome] ?? outcome
  return [
    note === undefined ? said : `${said}: ${note}`,
    ...(replaced === undefined ? [] : [`replaces ${replaced}`]),
  ].join(', ')
}

const WORDS: Partial<Record<TagOutcome, string>> = {
  planned: 'not written',
  pushed: 'in the registry now, not read back',
  unclear: 'may have been written',
}

const OF_COMMAND: Partial<Record<Result['command'], typeof WORDS>> = {
  plan: { planned: 'planned' },
  build: { planned: 'planned', built: 'built, not pushed' },
  push: { built: 'built, pushed' },
  verify: { kept: 'as planned', planned: 'could not be read' },
}
