import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { withRelease, withVersion } from '../../scripts/set-version.ts'
import { temporaryFolder, write } from '../inputs/order.ts'
import { read } from './github.ts'
import { at, entriesAt } from './workflow-rules.ts'
import { runStep } from './workflow-script.ts'

const path = '.github/workflows/release.yml'
const workflow: unknown = parse(read(path))

const git = (cwd: string, ...args: string[]): string => {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main']
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

describe('release.yml', () => {
  test('runs on git tags of versions, and moves nothing before CI has passed', () => {
    expect(at(workflow, 'on')).toEqual({ push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] } })
    expect(at(workflow, 'jobs', 'ci', 'uses')).toBe('./.github/workflows/ci.yml')
    expect(at(workflow, 'jobs', 'ci', 'needs')).toBe('version')
    expect(at(workflow, 'jobs', 'publish', 'needs')).toBe('ci')
    const writing = entriesAt(workflow, 'jobs').filter(
      ([, job]) => at(job, 'permissions', 'contents') === 'write',
    )
    expect(writing.map(([name]) => name)).toEqual(['publish'])
  })

  const compare = (tag: string, changelog = '## [1.2.3] - 2026-08-31\n') => {
    const cwd = temporaryFolder()
    write(cwd, { 'package.json': '{"version":"1.2.3"}', 'CHANGELOG.md': changelog })
    return runStep(
      { path, name: 'Compare the git tag with package.json and CHANGELOG.md' },
      { cwd, env: { GITHUB_REF_NAME: tag } },
    )
  }

  test('takes the git tag that is the version', () => {
    expect(compare('v1.2.3')).toMatchObject({ status: 0, stdout: '' })
  })

  test.each([
    {
      tag: 'v1.2.4',
      says: '::error title=The git tag is not the version::It is v1.2.4, and package.json has 1.2.3.',
    },
    { tag: 'v1.2.30', says: 'It is v1.2.30, and package.json has 1.2.3.' },
    {
      tag: 'v1.2.3',
      changelog: '## [Unreleased]\n',
      says: '::error title=The changelog lacks the version::CHANGELOG.md has no section [1.2.3].',
    },
  ])('refuses $tag with $changelog', ({ tag, changelog, says }) => {
    expect(compare(tag, changelog)).toMatchObject({ status: 1, stdout: expect.stringContaining(says) })
  })

  test.each([
    { commit: 'on main', status: 0 },
    { commit: 'on a branch', status: 1, says: '::error title=The commit is not on main::' },
  ])('a commit $commit', ({ commit, status, says = '' }) => {
    const folder = temporaryFolder()
    git(folder, 'init', '--quiet', 'remote')
    const remote = join(folder, 'remote')
    for (const message of ['one', 'two'])
      git(remote, 'commit', '--quiet', '--allow-empty', '--message', message)
    git(remote, 'tag', 'on-main', 'main~1')
    git(remote, 'checkout', '--quiet', '-b', 'branch')
    git(remote, 'commit', '--quiet', '--allow-empty', '--message', 'three')
    git(folder, 'clone', '--quiet', 'remote', 'clone')
    const cwd = join(folder, 'clone')
    git(cwd, 'checkout', '--quiet', commit === 'on main' ? 'on-main' : 'origin/branch')
    const result = runStep({ path, name: 'Look for the commit on main' }, { cwd, env: {} })
    expect(result).toMatchObject({ status, stdout: expect.stringContaining(says) })
  })

  /** Where the major tag is at the remote after the run for a git tag of a repository with these. */
  const moved = (tags: readonly string[], released: string) => {
    const folder = temporaryFolder()
    const clone = join(folder, 'clone')
    git(folder, 'init', '--quiet', '--bare', 'remote')
    git(folder, 'clone', '--quiet', 'remote', 'clone')
    for (const tag of tags) {
      git(clone, 'commit', '--quiet', '--allow-empty', '--message', tag)
      git(clone, 'tag', '--annotate', tag, '--message', tag)
    }
    git(clone, 'tag', 'v1', tags[0] ?? '')
    git(clone, 'push', '--quiet', 'origin', 'HEAD', '--tags')
    git(clone, 'checkout', '--quiet', released)
    const { status, stdout } = runStep(
      { path, name: 'Move the major tag' },
      { cwd: clone, env: { GITHUB_REF_NAME: released } },
    )
    const commits = new Map(tags.map(tag => [git(clone, 'rev-parse', `${tag}^{commit}`), tag]))
    const at = (name: string) => commits.get(git(join(folder, 'remote'), 'rev-parse', `${name}^{commit}`))
    return { status, stdout, major: at('v1') }
  }

  test.each([
    { tags: ['v1.9.0', 'v1.10.0'], released: 'v1.10.0', major: 'v1.10.0' },
    { tags: ['v1.0.0', 'v1.1.0', 'v10.0.0', 'v2.0.0'], released: 'v1.1.0', major: 'v1.1.0' },
    {
      tags: ['v1.9.7', 'v1.9.8', 'v1.9.9-rc1', 'v1.9.9.1', 'v1.9.10-x'],
      released: 'v1.9.8',
      major: 'v1.9.8',
    },
    {
      tags: ['v1.1.0', 'v1.0.1'],
      released: 'v1.0.1',
      major: 'v1.1.0',
      says: '::notice title=v1 stays::It is at v1.1.0',
    },
  ])('$released among $tags: v1 is $major', ({ tags, released, major, says = '' }) => {
    const result = moved(tags, released)
    expect(result).toMatchObject({ status: 0, major })
    expect(result.stdout).toContain(says)
  })

  const CHANGELOG =
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.30] - 2026-09-01\n\nLater.\n\n## [1.2.3] - 2026-08-31\n\n### Added\n\n- This.\n\n## [1.2.2]\n\nBefore.\n'

  /** In place of gh: keeps a release in the folder `github`, and fails at the command in the file `fails`. */
  const GH = `#!/bin/sh
    command=$2
    [ "$command" != "$(cat "$AT/fails")" ] || exit 1
    case $command in
      view) exec grep . "$AT/isDraft" ;;
      create) echo true > "$AT/isDraft"; cat > "$AT/notes" ;;
      upload) for file; do [ ! -f "$file" ] || cp "$file" "$AT"; done ;;
      edit) echo false > "$AT/isDraft" ;;
    esac
    echo "$@" >> "$AT/called"
  `

  const publisher = () => {
    const cwd = temporaryFolder()
    const github = join(cwd, 'github')
    write(cwd, { 'CHANGELOG.md': CHANGELOG, 'dist/cli/stable-release.mjs': 'the command line', 'bin/gh': GH })
    chmodSync(join(cwd, 'bin/gh'), 0o755)
    write(github, { isDraft: '' })
    const textOf = (name: string) => readFileSync(join(github, name), 'utf8').trim()
    const env = { GITHUB_REF_NAME: 'v1.2.3', AT: github, PATH: `${cwd}/bin:${process.env.PATH}` }
    const publish = (failsAt = 'nothing') => {
      write(github, { fails: failsAt, called: '' })
      const { status } = runStep({ path, name: 'Publish the release' }, { cwd, env })
      return { status, called: textOf('called').split('\n') }
    }
    return { publish, textOf, github }
  }

  const CREATE = 'release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file -'
  const UPLOAD = 'release upload v1.2.3 --clobber stable-release.mjs stable-release.mjs.sha256'
  const EDIT = 'release edit v1.2.3 --draft=false'

  test('publishes the section of the changelog, the command line and its checksum', () => {
    const { publish, textOf, github } = publisher()
    expect(publish()).toEqual({ status: 0, called: [CREATE, UPLOAD, EDIT] })
    expect(textOf('notes')).toBe('### Added\n\n- This.')
    expect(textOf('stable-release.mjs')).toBe('the command line')
    const check = spawnSync('sha256sum', ['--check', 'stable-release.mjs.sha256'], { cwd: github })
    expect([check.status, String(check.stdout)]).toEqual([0, 'stable-release.mjs: OK\n'])
  })

  test.each([
    { stopped: 'create', isDraft: '', again: [CREATE, UPLOAD, EDIT] },
    { stopped: 'upload', isDraft: 'true', again: [UPLOAD, EDIT] },
    { stopped: 'edit', isDraft: 'true', again: [UPLOAD, EDIT] },
  ])(
    'a run that stopped at $stopped has published nothing, and is completed',
    ({ stopped, isDraft, again }) => {
      const { publish, textOf } = publisher()
      expect(publish(stopped).status).toBe(1)
      expect(textOf('isDraft')).toBe(isDraft)
      expect(publish()).toEqual({ status: 0, called: again })
      expect(publish()).toEqual({ status: 0, called: [''] })
    },
  )
})

describe('npm version', () => {
  test('sets the version of the sources', () => {
    expect(withVersion("// a\nexport const VERSION = '1.0.0'\n", '1.2.3')).toBe(
      "// a\nexport const VERSION = '1.2.3'\n",
    )
    expect(withVersion(read('src/version.ts'), '1.2.3')).toContain("export const VERSION = '1.2.3'\n")
    expect(() => withVersion('', '1.2.3')).toThrow('has no line')
  })

  test('dates the changes, once', () => {
    const before = '## [1.0.0] - 2026-01-01\n\n- That.\n'
    const released = withRelease(
      `# Changelog\n\n## [Unreleased]\n\n- This.\n\n${before}`,
      '1.2.3',
      '2026-08-31',
    )
    expect(released).toBe(`# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-08-31\n\n- This.\n\n${before}`)
    expect(() => withRelease(released, '1.2.3', '2026-08-31')).toThrow('has a section [1.2.3] already')
    expect(() => withRelease(released, '1.2.4', '2026-08-31')).toThrow('has nothing below [Unreleased]')
  })

  test('the changelog of this repository can be released', () => {
    expect(withRelease(read('CHANGELOG.md'), '99.0.0', '2026-08-31')).toContain(
      '\n## [99.0.0] - 2026-08-31\n',
    )
  })
})
