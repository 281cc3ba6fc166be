import type { Replaced } from './replacements.ts'
import type { Report } from './run-entry.ts'

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' / ')

/** One line a replacement, with how often it was made in that file. */
const replacementLines = (replaced: readonly Replaced[]): string[] => {
  const counts = new Map<string, number>()
  for (const { file, line, by, why } of replaced) {
    const what = by === '' ? `left out "${oneLine(line)}"` : `"${oneLine(line)}" became "${oneLine(by)}"`
    const said = `${file}: ${what}: ${why}`
    counts.set(said, (counts.get(said) ?? 0) + 1)
  }
  return [...counts].map(([said, count]) => (count === 1 ? said : `${said} (${count} times)`))
}

/** What is printed of the runs of an entry. */
export const linesOf = (name: string, report: Report, { verbose }: { verbose: boolean }): string[] => {
  const { problem, published, replaced, local, logs } = report
  return [
    problem === undefined ? `passed    ${name}` : `FAILED    ${name}: ${problem}`,
    ...[...published].map(([tag, digest]) => `  tag       ${tag}  ${digest}`),
    ...Object.entries(local).map(([action, folder]) => `  action    ${action} from ${folder}`),
    ...replacementLines(replaced).map(line => `  replaced  ${line}`),
    ...(verbose || problem !== undefined ? logs.map(log => log.trimEnd().replaceAll(/^/gm, '  | ')) : []),
  ]
}
