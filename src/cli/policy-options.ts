import type { InputOption } from './command.ts'

/** The options that say which policy decides. */
export const policyOptions: readonly InputOption[] = [
  { input: 'policy', value: 'preset or table' },
  { input: 'policy-file', value: 'path' },
]
