import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './scripts/slow-first.ts'

/**
 * Tests that need more than Node and git: an engine, a registry, root, Debian's packages, or the shell and the programs of
 * a Linux system. All others are unit tests.
 */
const REAL = ['__tests__/{e2e,demo}/**/*.test.ts', '__tests__/**/*.real.test.ts']

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // A file with an engine mostly waits for it: each processor takes one, but few engines are enough.
    maxWorkers: Math.min(availableParallelism(), 4),
    globalSetup: ['__tests__/temporary.ts'],
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        // A process for each file takes longer than most of these files.
        test: {
          name: 'unit',
          include: ['__tests__/**/*.test.ts'],
          exclude: REAL,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: REAL,
          globalSetup: ['__tests__/prefetch.ts'],
        },
      },
    ],
  },
})
