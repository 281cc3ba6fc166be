import { readPolicyFile } from '../../inputs/files.ts'
import { withoutSecrets } from '../../inputs/pasted-secret.ts'
import { policyOf } from '../../inputs/policy.ts'
import { accept, mistaken, mistakesOf, toldInOrder } from '../../inputs/validated.ts'
import { allTags, type Decision, decide } from '../../policy/decide.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Colours } from '../../report/terminal-colours.ts'
import { jsonLine, oneLine } from '../../text.ts'
import type { Call, Command } from '../command.ts'
import { linesOf } from '../lines.ts'
import { policyOptions } from '../options.ts'

/**
 * How many lines are aligned with each other. To align them all, all would have to be kept, whatever their
 * number; and the first would be seen only after the last was read.
 */
const BLOCK = 10_000

/** The widest column of git tags, in characters: one endless name must not push everything else aside. */
const WIDEST = 60

/** Stands where a rule would, if the git tag gets no image tag; no rule can be called so. */
const NO_RULE = '-'

const jsonOf = (decision: Decision): string => {
  const { gitTag, reason } = decision
  if (decision.kind === 'refused') {
    return jsonLine({ tag: gitTag, rule: null, tags: [], stableTags: [], reason })
  }
  const tags = allTags(decision)
  return jsonLine({
    tag: gitTag,
    rule: decision.rule,
    tags: tags.map(({ tag }) => tag),
    stableTags: tags.filter(({ stable }) => stable).map(({ tag }) => tag),
    reason,
  })
}

/** The image tags as a policy has them: the stable ones after a bar. */
const imageTags = (decision: Decision, { green, yellow }: Colours): string => {
  if (decision.kind === 'refused') return yellow(oneLine(decision.reason))
  const tags = allTags(decision)
  const stable = tags.filter(tag => tag.stable).map(({ tag }) => green(tag))
  const others = tags.filter(tag => !tag.stable).map(({ tag }) => tag)
  return [...others, ...(stable.length === 0 ? [] : ['|', ...stable])].join(' ')
}

/** One line of the table. */
interface Row {
  readonly gitTag: string
  readonly rule: string
  readonly tags: string
}

const ruleOf = (decision: Decision): string => (decision.kind === 'refused' ? NO_RULE : decision.rule)

/** Writes rows in columns. The column of git tags grows from block to block where it has to. */
const columns = ({ rules }: Policy): ((rows: readonly Row[]) => string) => {
  const ruleWidth = Math.max(...rules.map(({ name }) => name.length))
  let tagWidth = 0
  return rows => {
    for (const { gitTag } of rows) tagWidth = Math.max(tagWidth, Math.min(gitTag.length, WIDEST))
    return rows
      .map(({ gitTag, rule, tags }) => `${gitTag.padEnd(tagWidth)}  ${rule.padEnd(ruleWidth)}  ${tags}\n`)
      .join('')
  }
}

/** How many git tags each rule took, those without any, and all. */
const countTable = ({ rules }: Policy, counts: ReadonlyMap<string, number>): string => {
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

/** Decides group after group of git tags, as long as somebody reads what comes of it. */
async function* decisionsOf({ input, output }: Call, policy: Policy): AsyncGenerator<readonly Decision[]> {
  for await (const lines of linesOf(input)) {
    if (output.abandoned) return
    yield lines.map(line => decide(policy, line))
  }
}

const printJson = async (call: Call, policy: Policy): Promise<void> => {
  for await (const decisions of decisionsOf(call, policy)) {
    await call.output.write(decisions.map(decision => `${jsonOf(decision)}\n`).join(''))
  }
}

const printTable = async (call: Call, policy: Policy): Promise<void> => {
  const { output, colours } = call
  const write = columns(policy)
  const counts = new Map<string, number>()
  let rows: Row[] = []
  for await (const decisions of decisionsOf(call, policy)) {
    for (const decision of decisions) {
      const rule = ruleOf(decision)
      counts.set(rule, (counts.get(rule) ?? 0) + 1)
      rows.push({ gitTag: oneLine(decision.gitTag), rule, tags: imageTags(decision, colours) })
    }
    if (rows.length < BLOCK) continue
    await output.write(write(rows))
    rows = []
  }
  await output.write(`${write(rows)}\n${countTable(policy, counts)}\n`)
}

const run = async (call: Call): Promise<void> => {
  const { mistakes, json, caller, directory, input, log } = call
  const { texts, mistakes: secrets } = withoutSecrets(call.texts, caller)
  const policyFile = readPolicyFile(
    texts['policy-file'],
    { workspace: directory, temporary: undefined },
    caller.confined,
  )
  const named = policyOf(texts, { workspace: directory, policyFile }, caller)
  const all = toldInOrder(mistakes, secrets, mistakesOf(named))
  const { policy, warnings } = accept(all.length > 0 ? mistaken(...all) : named)
  if (warnings !== undefined) log.warning('The policy may not mean what it says', warnings)
  if (input.isTTY) log.info('Reading git tags from the terminal, one a line, until Ctrl-D.')
  await (json ? printJson(call, policy) : printTable(call, policy))
}

/** `explain`: many git tags, from standard input, to see what a policy makes of them. */
export const explain: Command = {
  name: 'explain',
  summary: 'Says which image tags each of many git tags gets',
  details:
    'Reads git tags from standard input, one a line, and prints for each the rule and the image tags, the stable ones after a bar; at the end, how many each rule took.',
  positionals: [],
  options: policyOptions,
  json: 'One JSON object a line: tag, rule, tags, stableTags, reason. Without a rule, rule is null.',
  examples: [
    {
      line: 'git tag | stable-release explain --policy dmwm-go',
      shows: 'try a preset on every tag of a repository',
    },
    {
      line: "echo v2.3.4 | stable-release explain --policy 'final: vX.Y.Z -> X.Y.Z latest'",
      shows: 'try a table',
    },
  ],
  run,
}
