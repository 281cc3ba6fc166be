import type { Log } from '../log.ts'
import { Mistakes } from '../inputs/mistakes.ts'
import { policyOf } from '../inputs/policy.ts'
import { allTags, type Decision, decide } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { type Colours, coloursFor } from '../report/terminal-colours.ts'
import { jsonLine, oneLine } from '../text.ts'
import type { Call } from './program.ts'
import type { StandardOutput } from './stdout.ts'

/** Stands where a rule would, if the git tag gets no image tag; no rule can be called so. */
const NO_RULE = '-'

/** The widest column of git tags, in characters: one endless name must not push everything else aside. */
const WIDEST = 60

/** `explain`: many git tags, from standard input, to see what a policy makes of them. */
export async function explain(
  { texts, json }: Call,
  { process, output, log }: { process: NodeJS.Process; output: StandardOutput; log: Log },
): Promise<void> {
  const mistakes = new Mistakes()
  const place = { workspace: process.cwd(), temporary: undefined, isConfined: false }
  const policy = policyOf(texts, place, mistakes, ({ title, message }) => log.warning(title, message))
  mistakes.throwIfAny()
  if (process.stdin.isTTY) log.info('Reading git tags from the terminal, one a line, until Ctrl-D.')
  const colours = coloursFor(process.stdout, process.env)
  const counts = new Map<string, number>()
  const ruleWidth = Math.max(NO_RULE.length, ...policy.rules.map(({ name }) => name.length))
  let tagWidth = 0
  for await (const gitTags of linesOf(process.stdin)) {
    if (output.abandoned) return
    const decisions = gitTags.map(gitTag => decide(policy, gitTag))
    for (const decision of decisions) counts.set(ruleOf(decision), (counts.get(ruleOf(decision)) ?? 0) + 1)
    tagWidth = Math.max(tagWidth, ...gitTags.map(({ length }) => Math.min(length, WIDEST)))
    const lines = decisions.map(decision =>
      json
        ? jsonOf(decision)
        : `${oneLine(decision.gitTag).padEnd(tagWidth)}  ${ruleOf(decision).padEnd(ruleWidth)}  ${imageTags(decision, colours)}`,
    )
    await output.write(lines.map(line => `${line}\n`).join(''))
  }
  if (!json) await output.write(`\n${countTable(policy, counts)}\n`)
}

/** The lines of UTF-8 text, trimmed and without the blank ones, in groups as they come. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  const written = (lines: readonly string[]): string[] =>
    lines.map(line => line.trim()).filter(line => line !== '')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield written(lines)
  }
  yield written([rest + decoder.decode()])
}

function ruleOf(decision: Decision): string {
  return decision.kind === 'refused' ? NO_RULE : decision.rule
}

function jsonOf(decision: Decision): string {
  const { gitTag: tag, reason } = decision
  if (decision.kind === 'refused') return jsonLine({ tag, rule: null, tags: [], stableTags: [], reason })
  const all = allTags(decision)
  const stableTags = all.filter(({ stable }) => stable).map(each => each.tag)
  return jsonLine({ tag, rule: decision.rule, tags: all.map(each => each.tag), stableTags, reason })
}

/** The image tags as a policy has them: the stable ones after a bar. */
function imageTags(decision: Decision, { green, yellow }: Colours): string {
  if (decision.kind === 'refused') return yellow(oneLine(decision.reason))
  const all = allTags(decision)
  const stable = all.filter(tag => tag.stable).map(({ tag }) => green(tag))
  const others = all.filter(tag => !tag.stable).map(({ tag }) => tag)
  return [...others, ...(stable.length === 0 ? [] : ['|', ...stable])].join(' ')
}

/** How many git tags each rule took, those without any, and all. */
function countTable({ rules }: Policy, counts: ReadonlyMap<string, number>): string {
  const refused = counts.get(NO_RULE) ?? 0
  const rows: (readonly [string, number, string])[] = [
    ...rules.map(({ name, pattern }) => [name, counts.get(name) ?? 0, pattern.source] as const),
    ...(refused === 0 ? [] : [[NO_RULE, refused, 'no image tag'] as const]),
    ['all', [...counts.values()].reduce((sum, count) => sum + count, 0), ''],
  ]
  const nameWidth = Math.max(...rows.map(([name]) => name.length))
  const countWidth = Math.max(...rows.map(([, count]) => String(count).length))
  return rows
    .map(([name, count, what]) =>
      `${name.padEnd(nameWidth)}  ${String(count).padStart(countWidth)}  ${what}`.trimEnd(),
    )
    .join('\n')
}
