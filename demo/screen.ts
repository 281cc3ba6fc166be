export function say(line: string): void {
  console.log(line)
}

export function row(name: string, text: string): void {
  say(`  ${name.padEnd(14)} ${text}`)
}

/** The time since `start`, which is of performance.now(). */
export function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}
