import { text } from 'node:stream/consumers'
import { Mistakes } from '../inputs/mistakes.ts'
import { withoutSecrets } from '../inputs/pasted-secrets.ts'
import { policyOf } from '../inputs/policy.ts'
import type { Log } from '../log.ts'
import { allTags, decide } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { aligned } from '../report/table.ts'
import { jsonLine, oneLine } from '../text.ts'
import type { Call } from './arguments.ts'
import { ciContext } from './ci.ts'
import { writeResult } from './write-stdout.ts'

export async function explain(
  { texts, json }: Call,
  { process, log }: { process: NodeJS.Process; log: Log },
) {
  const { stdin, stdout, env } = process
  const mistakes = new Mistakes()
  const run = ciContext(env, process.cwd())
  const policy = policyOf({ texts: withoutSecrets(texts, mistakes), run, mistakes, log, env })
  mistakes.throwIfAny()
  if (stdin.isTTY) log.info('Reading git tags from the terminal, one a line, until Ctrl-D.')
  const gitTags = (await text(stdin)).split('\n').flatMap(line => line.trim() || [])
  const explained = gitTags.map(gitTag => explanationOf(policy, gitTag))
  const lines = json ? explained.map(jsonLine) : tables(policy, explained)
  await writeResult(stdout, lines.map(line => `${line}\n`).join(''))
}

function explanationOf(policy: Policy, tag: string) {
  const decision = decide(policy, tag)
  const { reason } = decision
  if (decision.kind === 'refused') return { tag, rule: null, tags: [], stableTags: [], reason }
  const all = allTags(decision)
  const stableTags = all.filter(({ stable }) => stable).map(each => each.tag)
  return { tag, rule: decision.rule, tags: all.map(each => each.tag), stableTags, reason }
}

type Explanation = ReturnType<typeof explanationOf>

/** No rule can have this name. */
const NO_RULE = '-'

function tables({ rules }: Policy, explained: readonly Explanation[]) {
  const all = String(explained.length)
  const rowOf = (name: string, what: string) => {
    const count = explained.filter(({ rule }) => (rule ?? NO_RULE) === name).length
    return [name, String(count).padStart(all.length), what]
  }
  const counts = rules.map(({ name, pattern }) => rowOf(name, pattern.source))
  if (explained.some(({ rule }) => rule === null)) counts.push(rowOf(NO_RULE, 'no image tag'))
  return [
    ...aligned(explained.map(each => [oneLine(each.tag), each.rule ?? NO_RULE, imageTags(each)])),
    '',
    ...aligned([...counts, ['all', all, '']]),
  ]
}

function imageTags({ rule, tags, stableTags, reason }: Explanation) {
  if (rule === null) return oneLine(reason)
  const others = tags.filter(tag => !stableTags.includes(tag))
  return [others, stableTags].flatMap(list => list.join(' ') || []).join(' | ')
}
