#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// First: an older Node may not be able to evaluate anything else.
if (major > 20 || (major === 20 && minor >= 19)) {
  const { runCommandLine } = await import(/* webpackMode: "eager" */ './cli/command-line.ts')
  const end = await runCommandLine(process)
  if (typeof end === 'number') process.exitCode = end
  else {
    // The signal itself stops the script around it, too, as Ctrl-C is meant to.
    process.removeAllListeners(end)
    process.kill(process.pid, end)
  }
} else {
  console.error(`error: stable-release needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exitCode = 1
}
