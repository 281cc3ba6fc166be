import { accessSync, constants, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { bundle, runProgram, service, stableRelease } from './bundle.ts'

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

test('a plan does not evaluate octokit, which is in it', () => {
  expect(source).toContain('/repos/{owner}/{repo}/commits/{ref}/check-runs')
  // Evaluated, it complains on standard output of an event that is not there.
  const env = { GITHUB_EVENT_PATH: '/nowhere/event.json' }
  const { status, stdout } = stableRelease(['plan', 'a', '1.2.3', 'b.ch', 'c'], { env })
  expect(status).toBe(0)
  expect(stdout).not.toContain('/nowhere')
})

test("has nothing of the toolkit's way to speak to a runner", () => {
  expect(source).not.toMatch(/GITHUB_OUTPUT|GITHUB_STATE|stop-commands|add-mask/)
})
