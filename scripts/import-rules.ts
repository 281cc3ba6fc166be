/** What each part of src/ may import: the one table of the arrows of the house. */

/** A folder of src/, or a file that has a row of its own, and what it may import beside itself. */
interface ImportRule {
  readonly part: string
  /** Folders and files of src/. */
  readonly may: readonly string[]
  readonly packages?: readonly string[]
  /** Whether it may import modules of Node; a pure part does no input or output. */
  readonly pure?: boolean
}

/** Small parts that everybody may use. */
const WORDS = ['errors.ts', 'json.ts', 'log.ts', 'some.ts', 'text.ts']

export const importRules: readonly ImportRule[] = [
  { part: 'policy', may: [], pure: true },
  { part: 'reconcile', may: ['policy', 'registry/reference.ts'], pure: true },
  {
    part: 'record',
    may: ['registry/media-types.ts', 'registry/reference.ts', 'json.ts', 'text.ts'],
    pure: true,
  },
  { part: 'process', may: [], packages: ['@actions/exec'] },
  { part: 'http', may: ['clock.ts', ...WORDS], packages: ['@actions/http-client/lib/proxy'] },
  { part: 'git', may: ['process', ...WORDS] },
  { part: 'registry', may: ['http', 'secrets.ts', ...WORDS] },
  { part: 'github', may: ['http', ...WORDS], packages: ['@actions/github'] },
  { part: 'docker', may: ['process', 'registry', 'http/retry.ts', 'secrets.ts', ...WORDS] },
  {
    part: 'gates',
    may: ['clock.ts', 'github', 'http', ...WORDS],
    packages: ['@renovatebot/pep440'],
  },
  {
    part: 'commands',
    may: [
      'reconcile',
      'record',
      'gates',
      'docker',
      'git',
      'registry',
      'github/client.ts',
      'http',
      'policy',
      'clock.ts',
      'memory.ts',
      'secrets.ts',
      'version.ts',
      'workspace-path.ts',
      ...WORDS,
    ],
  },
  {
    // It knows the shape of requests, and does nothing itself.
    part: 'inputs',
    may: [
      'commands/plan.ts',
      'record/promotion.ts',
      'commands/request.ts',
      'contract.ts',
      'docker/build.ts',
      'gates/checks.ts',
      'gates/package.ts',
      'gates/package-version.ts',
      'git/remote.ts',
      'git/source.ts',
      'github/client.ts',
      'policy',
      'reconcile/terms.ts',
      'registry/credentials.ts',
      'registry/reference.ts',
      'secrets.ts',
      'workspace-path.ts',
      ...WORDS,
    ],
    packages: ['@actions/core'],
  },
  {
    // It knows the shape of results, and does nothing itself.
    part: 'report',
    may: [
      'commands/audit-result.ts',
      'commands/journal.ts',
      'commands/result.ts',
      'contract.ts',
      'reconcile/findings.ts',
      'record/promotion.ts',
      'registry/reference.ts',
      'secrets.ts',
      ...WORDS,
    ],
    packages: ['@actions/core'],
  },
  {
    part: 'cli',
    may: [
      'clock.ts',
      'commands',
      'contract.ts',
      'inputs',
      'interruption.ts',
      'policy',
      'record/promotion.ts',
      'report',
      'secrets.ts',
      'temporary.ts',
      'version.ts',
      ...WORDS,
    ],
    packages: ['commander'],
  },
  {
    part: 'main.ts',
    may: [
      'clock.ts',
      'commands',
      'inputs',
      'interruption.ts',
      'report',
      'runner.ts',
      'secrets.ts',
      'temporary.ts',
      'version.ts',
    ],
    packages: ['@actions/core'],
  },
  { part: 'post.ts', may: ['report/failure.ts', 'temporary.ts'], packages: ['@actions/core'] },
  { part: 'cli.ts', may: ['cli/command-line.ts'] },
  { part: 'clock.ts', may: [] },
  { part: 'interruption.ts', may: WORDS },
  { part: 'memory.ts', may: [] },
  { part: 'runner.ts', may: WORDS },
  { part: 'secrets.ts', may: WORDS, pure: true },
  { part: 'temporary.ts', may: WORDS },
  { part: 'workspace-path.ts', may: [] },
  ...['contract.ts', 'errors.ts', 'json.ts', 'log.ts', 'some.ts', 'text.ts', 'version.ts'].map(part => ({
    part,
    may: [],
    pure: true,
  })),
]

const isFile = (part: string): boolean => part.endsWith('.ts')

/**
 * What Biome matches the sources of imports with: all are refused but those behind "!". The folder of commands in cli/ is
 * one step further down.
 */
const groupFor = ({ part, may, packages = [], pure = false }: ImportRule, up: string): string[] => [
  '**',
  ...(isFile(part) ? [] : ['!./**']),
  ...(up === '../../' ? ['!../*.ts'] : []),
  ...(pure ? [] : ['!node:*', '!node:*/*']),
  'node:child_process',
  ...packages.map(name => `!${name}`),
  ...may.map(name => `!${up}${name}${isFile(name) ? '' : '/**'}`),
]

const override = (includes: readonly string[], rule: ImportRule, up: string) => ({
  includes,
  linter: {
    rules: {
      style: {
        noRestrictedImports: {
          level: 'error',
          options: {
            patterns: [
              {
                group: groupFor(rule, up),
                message: `${rule.part} may not import this; scripts/import-rules.ts says what it may.`,
              },
            ],
          },
        },
      },
    },
  },
})

/** A configuration of Biome that keeps to the table. */
export const importConfiguration = () => ({
  overrides: importRules.flatMap(rule => {
    const { part } = rule
    if (isFile(part)) return [override([`src/${part}`], rule, part.includes('/') ? '../' : './')]
    const flat = override([`src/${part}/*.ts`], rule, '../')
    return part === 'cli' ? [flat, override(['src/cli/commands/*.ts'], rule, '../../')] : [flat]
  }),
})
