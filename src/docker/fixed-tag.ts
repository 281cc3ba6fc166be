/** The first ENV that gives TAG a value: no build argument changes it. */
export function findFixedTag(dockerfile: string): { line: number; value: string } | undefined {
  let isEnv = false
  let isContinued = false
  for (const [index, line] of dockerfile.split('\n').entries()) {
    isEnv = isContinued ? isEnv : /^\s*ENV\s/i.test(line)
    isContinued = /\\\s*$/.test(line)
    const value = isEnv ? FIXED.exec(line)?.[2] : undefined
    if (value !== undefined) return { line: index + 1, value }
  }
  return undefined
}

/** `ENV TAG=v1`, also behind others, or `ENV TAG v1`; not `$TAG`. */
const FIXED = /(?:^\s*\w+\s+TAG\s+|(?:^|\s)TAG=)(["']?)([\w.-]+)\1(?=\s|\\|$)/
