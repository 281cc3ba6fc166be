import { accessSync, constants, copyFileSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { temporaryFolder } from '../inputs/order.ts'
import { bundle, runProgram, service } from './bundle.ts'

const source = readFileSync(bundle, 'utf8')

test('is what package.json installs, and executable', () => {
  expect(packageJson.bin).toEqual({ 'stable-release': 'dist/cli/stable-release.mjs' })
  expect(source.split('\n', 1)).toEqual(['#!/usr/bin/env node'])
  expect(() => accessSync(bundle, constants.X_OK)).not.toThrow()
})

test('is all that npx gets from the git repository', () => {
  // For each of these npm installs what development needs first. Source: pacote, lib/git.js.
  for (const prepares of ['preinstall', 'install', 'postinstall', 'build', 'prepack', 'prepare'])
    expect(packageJson.scripts).not.toHaveProperty(prepares)
  // The bundle has its own, and npx reads no lock file.
  expect(packageJson).not.toHaveProperty('dependencies')
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { stdout } = runProgram('npm', ['pack', '--dry-run', '--json'], { cwd: root })
  // One package; npm 12 has it by its name.
  const packed: { files: { path: string }[] }[] = Object.values(JSON.parse(stdout))
  const cli = ['licenses.txt', 'package.json', 'stable-release.mjs'].map(name => `dist/cli/${name}`)
  expect(packed.flatMap(({ files }) => files.map(({ path }) => path)).toSorted()).toEqual(
    ['LICENSE', 'README.md', 'package.json', ...cli].toSorted(),
  )
})

test('needs nothing but Node, and a plan does not evaluate octokit, which is in it', () => {
  const required = [...source.matchAll(/\w+\(import\.meta\.url\)\("([^"]+)"\)|\bfrom ?"([\w@/:.-]+)"/g)].map(
    ([, created, imported]) => (created ?? imported ?? '').replace(/^node:/, ''),
  )
  expect(required).toContain('util')
  expect(required.filter(name => !builtinModules.includes(name))).toEqual([])
  expect(source).toContain('/repos/{owner}/{repo}/commits/{ref}/check-runs')
  const alone = join(temporaryFolder(), 'stable-release.mjs')
  copyFileSync(bundle, alone)
  // Evaluated, octokit complains on standard output of an event that is not there.
  const env = { GITHUB_EVENT_PATH: '/nowhere/event.json' }
  const said = runProgram(process.execPath, [alone, 'plan', 'a', '1.2.3', 'b.ch', 'c'], { cwd: service, env })
  expect(said).toMatchObject({ status: 0, stdout: expect.not.stringContaining('/nowhere') })
})

test('says in one line what it needs when Node is too old', () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.18.3' })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, bundle, 'explain']
  const { status, stdout, stderr } = runProgram(process.execPath, args)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^error: .*20\.19.*\n$/)
})

test("has nothing of the toolkit's way to speak to a runner", () => {
  expect(source).not.toMatch(/GITHUB_OUTPUT|GITHUB_STATE|stop-commands|add-mask/)
})
