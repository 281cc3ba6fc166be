import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** What each folder may import, and examples of what it may not; `x.ts` in the folder is the one that imports. */
const arrows = {
  policy: {
    may: ['./pattern.ts'],
    mayNot: [
      '../registry/reference.ts',
      '../errors.ts',
      '../log.ts',
      '../inputs/near-miss.ts',
      'node:fs',
      'node:path',
      'yaml',
    ],
  },
  http: {
    may: [
      './retry.ts',
      '../errors.ts',
      '../log.ts',
      '../text.ts',
      '@actions/http-client/lib/proxy',
      'node:https',
    ],
    mayNot: [
      '../registry/client.ts',
      '../docker/docker.ts',
      '../policy/tag.ts',
      '../commands/plan.ts',
      '@actions/core',
    ],
  },
  registry: {
    may: [
      './reference.ts',
      '../policy/tag.ts',
      '../http/transport.ts',
      '../errors.ts',
      '../log.ts',
      '../secrets.ts',
      '../text.ts',
      'node:crypto',
    ],
    mayNot: [
      '../docker/docker.ts',
      '../commands/plan.ts',
      '../inputs/read.ts',
      '../report/outputs.ts',
      '@actions/core',
    ],
  },
  process: {
    may: ['./stop.ts', '@actions/exec', 'node:diagnostics_channel'],
    mayNot: ['../docker/docker.ts', '../errors.ts', '../log.ts', '@actions/core'],
  },
  docker: {
    may: [
      './push.ts',
      '../process/run.ts',
      '../registry/reference.ts',
      '../errors.ts',
      '../log.ts',
      '../secrets.ts',
      '../text.ts',
    ],
    mayNot: [
      '../http/transport.ts',
      '../policy/decide.ts',
      '../commands/plan.ts',
      '../inputs/read.ts',
      '@actions/core',
    ],
  },
  github: {
    may: ['./field.ts', '../http/transport.ts', '../errors.ts', '../log.ts', '../text.ts', '@actions/github'],
    mayNot: ['../gates/checks.ts', '../commands/plan.ts', '../policy/tag.ts', '@actions/core'],
  },
  gates: {
    may: [
      './checks.ts',
      '../http/transport.ts',
      '../github/client.ts',
      '../errors.ts',
      '../log.ts',
      '../text.ts',
    ],
    mayNot: [
      '../github/index.ts',
      '../docker/docker.ts',
      '../commands/plan.ts',
      '../inputs/read.ts',
      '../report/outputs.ts',
      '@actions/core',
    ],
  },
  commands: {
    may: [
      './plan.ts',
      '../docker/docker.ts',
      '../registry/client.ts',
      '../policy/decide.ts',
      '../http/transport.ts',
      '../gates/checks.ts',
      '../github/client.ts',
      '../errors.ts',
      '../log.ts',
    ],
    mayNot: ['../inputs/read.ts', '../report/outputs.ts', '../github/index.ts', '@actions/core'],
  },
  inputs: {
    may: [
      './read.ts',
      '../commands/request.ts',
      '../contract.ts',
      '../errors.ts',
      '../github/repository.ts',
      '../policy/notation.ts',
      '../registry/reference.ts',
      '@actions/core',
    ],
    mayNot: [
      '../http/transport.ts',
      '../github/client.ts',
      '../registry/client.ts',
      '../commands/execute.ts',
      '../report/outputs.ts',
    ],
  },
  report: {
    may: [
      './outputs.ts',
      '../commands/result.ts',
      '../contract.ts',
      '../errors.ts',
      '../registry/reference.ts',
      '@actions/core',
    ],
    mayNot: ['../http/transport.ts', '../registry/client.ts', '../commands/execute.ts', '../inputs/read.ts'],
  },
}

/** What is for one folder alone, beside the entry. */
const reserved = [
  { name: 'node:child_process', only: [] as string[] },
  { name: '@actions/exec', only: ['process'] },
  { name: '@actions/github', only: ['github'] },
  { name: '@octokit/core', only: [] as string[] },
  { name: '@actions/http-client', only: ['http'] },
  { name: '@actions/http-client/lib/proxy', only: ['http'] },
  { name: '../main.ts', only: [] as string[] },
]

const cases = Object.entries(arrows).flatMap(([folder, { may, mayNot }]) => [
  ...may.map(name => ({ folder, name, allowed: true })),
  ...mayNot.map(name => ({ folder, name, allowed: false })),
  ...reserved
    .filter(({ only }) => !only.includes(folder))
    .map(({ name }) => ({ folder, name, allowed: false })),
])

const biome = join(
  dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')),
  'bin/biome',
)
const house = mkdtempSync(join(tmpdir(), 'house-'))
let refused: ReadonlySet<string>

/** The files that Biome has an error in, when it checks all cases with the rules of this project. */
const refusedFiles = (): Promise<ReadonlySet<string>> =>
  new Promise((resolve, reject) => {
    const options = ['lint', '--reporter=json', '--max-diagnostics=none', 'src']
    execFile(process.execPath, [biome, ...options], { cwd: house }, (_, stdout, stderr) => {
      try {
        const {
          diagnostics,
        }: { diagnostics: { severity: string; category: string; location: { path: string } }[] } =
          JSON.parse(stdout)
        const others = diagnostics.filter(({ category }) => category !== 'lint/style/noRestrictedImports')
        if (others.length > 0) throw new Error(JSON.stringify(others))
        resolve(new Set(diagnostics.map(({ location }) => location.path)))
      } catch (cause) {
        reject(new Error(`biome: ${stdout}${stderr}`, { cause }))
      }
    })
  })

const fileOf = ({ folder, name }: { folder: string; name: string }): string =>
  `src/${folder}/${name.replace(/[^a-z]+/g, '-')}-case.ts`

beforeAll(async () => {
  for (const file of ['biome.json', '.gitignore']) {
    copyFileSync(new URL(`../../${file}`, import.meta.url), join(house, file))
  }
  for (const each of cases) {
    const file = join(house, fileOf(each))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `import { some } from '${each.name}'\n\nexport const other = some\n`)
  }
  refused = await refusedFiles()
})
afterAll(() => rmSync(house, { recursive: true, force: true }))

describe.each(Object.keys(arrows))('src/%s', name => {
  const own = cases.filter(({ folder }) => folder === name)
  test.each(own.filter(({ allowed }) => allowed))('may import $name', each => {
    expect(refused.has(fileOf(each))).toBe(false)
  })
  test.each(own.filter(({ allowed }) => !allowed))('may not import $name', each => {
    expect(refused.has(fileOf(each))).toBe(true)
  })
})
