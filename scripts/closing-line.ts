import type { Reporter, TestModule } from 'vitest/node'

/** Ends a test run with one plain line of counts, for people and programs that read only the end of a log. */
// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter from the default export of its file
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      for (const test of tests) {
        const { state } = test.result()
        if (state !== 'pending') counts[state] += 1
      }
      // A file that can not be loaded, or whose hooks fail, has no test that says so.
      if (module.state() === 'failed' && !tests.some(test => test.result().state === 'failed'))
        counts.failed += 1
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`)
  }
}
