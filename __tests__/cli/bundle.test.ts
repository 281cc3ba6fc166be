import { accessSync, constants, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { bundle, runProgram, service } from './bundle.ts'

const source = readFileSync(bundle, 'utf8')

test('is what package.json installs', () => {
  expect(packageJson.bin).toEqual({ 'stable-release': 'dist/cli/stable-release.mjs' })
})

test('is executable', () => {
  expect(source.split('\n', 1)).toEqual(['#!/usr/bin/env node'])
  expect(() => accessSync(bundle, constants.X_OK)).not.toThrow()
})

test('needs nothing but Node', () => {
  const required = [...source.matchAll(/\w+\(import\.meta\.url\)\("([^"]+)"\)|\bfrom ?"([\w@/:.-]+)"/g)].map(
    ([, created, imported]) => (created ?? imported ?? '').replace(/^node:/, ''),
  )
  expect(required).toContain('util')
  expect(required.filter(name => !builtinModules.includes(name))).toEqual([])
  const directory = mkdtempSync(join(tmpdir(), 'alone-'))
  try {
    copyFileSync(bundle, join(directory, 'stable-release.mjs'))
    const args = [join(directory, 'stable-release.mjs'), 'plan', 'a', '1.2.3', 'b.ch', 'c']
    expect(runProgram(process.execPath, args, { cwd: service })).toMatchObject({ status: 0, stderr: '' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('says in one line what it needs when Node is too old', () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.18.3' })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, bundle, 'explain']
  const { status, stdout, stderr } = runProgram(process.execPath, args)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^error: .*20\.19.*\n$/)
})

/** Prints, when the program ends, what of Node it has loaded. */
const PRELOAD = `import Module from 'node:module'
  const names = []
  const load = Module._load
  Module._load = (...args) => (names.push(args[0]), load(...args))
  process.on('exit', () => process.stderr.write(names.join(' ')))`

test('a plan does not evaluate octokit, which is in it', () => {
  const args = ['--import', `data:text/javascript,${encodeURIComponent(PRELOAD)}`, bundle]
  const { status, stderr } = runProgram(process.execPath, [...args, 'plan', 'a', '1.2.3', 'b.ch', 'c'], {
    cwd: service,
  })
  expect(status).toBe(0)
  const loaded = stderr.split(' ').map(name => name.replace(/^node:/, ''))
  expect(loaded).toContain('util')
  expect(source).toContain('/repos/{owner}/{repo}/commits/{ref}/check-runs')
  // What octokit, and the commands that ask a registry, need of Node.
  expect(loaded.filter(name => ['http', 'https', 'tls', 'diagnostics_channel'].includes(name))).toEqual([])
})

test("has nothing of the toolkit's way to speak to a runner", () => {
  expect(source).not.toMatch(/GITHUB_OUTPUT|GITHUB_STATE|stop-commands|add-mask/)
})
