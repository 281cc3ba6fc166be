import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The test files that take longest, which otherwise would be sorted by their size: one that begins last runs alone. */
const SLOW = ['faults', 'promote-together', 'kills', 'mirrors', 'gates-package', 'podman', 'release'].map(
  name => `/e2e/${name}.test.ts`,
)

/** Starts the slow files first. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = SLOW.findIndex(end => moduleId.endsWith(end))
      return rank === -1 ? SLOW.length : rank
    }
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}
