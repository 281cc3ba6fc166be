import { Mistakes } from '../inputs/mistakes.ts'
import { withoutSecrets } from '../inputs/pasted-secrets.ts'
import { policyOf } from '../inputs/policy.ts'
import type { Log } from '../log.ts'
import { allTags, decide } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { aligned } from '../report/table.ts'
import { jsonLine, oneLine } from '../text.ts'
import { ciContext } from './ci.ts'
import type { Call } from './program.ts'
import { writeResult } from './write-result.ts'

/** Prints what a policy makes of the git tags on standard input. */
export async function explain(
  { texts, json }: Call,
  { process, log }: { process: NodeJS.Process; log: Log },
): Promise<void> {
  const { stdin, stdout, env } = process
  const mistakes = new Mistakes()
  const run = ciContext(env, process.cwd())
  const policy = policyOf({ texts: withoutSecrets(texts, mistakes), run, mistakes, log, env })
  mistakes.throwIfAny()
  if (stdin.isTTY) log.info('Reading git tags from the terminal, one a line, until Ctrl-D.')
  const counts = new Map<string, number>()
  const ruleWidth = Math.max(...policy.rules.map(({ name }) => name.length))
  let tagWidth = 0
  for await (const lines of linesOf(stdin.setEncoding('utf8'))) {
    const gitTags = lines.map(line => line.trim()).filter(Boolean)
    tagWidth = Math.max(tagWidth, ...gitTags.map(({ length }) => length))
    const shown = gitTags.map(gitTag => {
      const explanation = explanationOf(policy, gitTag)
      const rule = explanation.rule ?? NO_RULE
      counts.set(rule, (counts.get(rule) ?? 0) + 1)
      if (json) return `${jsonLine(explanation)}\n`
      const columns = [oneLine(gitTag).padEnd(tagWidth), rule.padEnd(ruleWidth)]
      return `  ${columns.join('  ')}  ${imageTags(explanation)}\n`
    })
    if (!(await writeResult(stdout, shown.join('')))) return
  }
  if (!json) await writeResult(stdout, `\n${countTable(policy, counts)}\n`)
}

/** No rule can have this name. */
const NO_RULE = '-'

/** Lines in groups, as they come. */
async function* linesOf(stream: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield lines
  }
  yield [rest]
}

function explanationOf(policy: Policy, tag: string) {
  const decision = decide(policy, tag)
  const { reason } = decision
  if (decision.kind === 'refused') return { tag, rule: null, tags: [], stableTags: [], reason }
  const all = allTags(decision)
  const stableTags = all.filter(({ stable }) => stable).map(each => each.tag)
  return { tag, rule: decision.rule, tags: all.map(each => each.tag), stableTags, reason }
}

function imageTags({ rule, tags, stableTags, reason }: ReturnType<typeof explanationOf>) {
  if (rule === null) return oneLine(reason)
  const others = tags.filter(tag => !stableTags.includes(tag))
  return [...others, ...(stableTags.length === 0 ? [] : ['|', ...stableTags])].join(' ')
}

function countTable({ rules }: Policy, counts: ReadonlyMap<string, number>) {
  const all = String([...counts.values()].reduce((sum, count) => sum + count, 0))
  const row = (name: string, what: string) => [name, String(counts.get(name) ?? 0).padStart(all.length), what]
  return aligned([
    ...rules.map(({ name, pattern }) => row(name, pattern.source)),
    ...(counts.has(NO_RULE) ? [row(NO_RULE, 'no image tag')] : []),
    ['all', all, ''],
  ]).join('\n')
}
