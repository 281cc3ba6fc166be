#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts'

const end = await runCommandLine(process)
if (typeof end === 'number') process.exitCode = end
else {
  // Ending by the signal itself stops the script around it, too, as Ctrl-C is meant to.
  process.removeAllListeners(end)
  process.kill(process.pid, end)
}
