import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { describeEnd, ProgramNotStartedError, runProgram } from '../../src/process/run.ts'
import { TIME_TO_STOP } from '../../src/process/stop.ts'

const folder = mkdtempSync(join(tmpdir(), 'process-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { signal } = new AbortController()
const { env } = process

/** Runs a script of this test's Node. */
const script = (code: string, options: Partial<Parameters<typeof runProgram>[2]> = {}) =>
  runProgram(process.execPath, ['--eval', code], { env, signal, ...options })

/** Whether there is a process; one that has ended and waits for its parent is none. */
const runs = async (pid: number): Promise<boolean> => {
  const { exitCode, stdout } = await runProgram('ps', ['-o', 'stat=', '-p', String(pid)], { env, signal })
  return exitCode === 0 && !stdout.trim().startsWith('Z')
}

describe('how a program ends', () => {
  test.each([
    { code: '', end: { exitCode: 0 } },
    { code: 'process.exit(7)', end: { exitCode: 7 } },
    { code: 'process.kill(process.pid, "SIGKILL")', end: { exitCode: undefined } },
    { code: 'console.error("no failure")', end: { exitCode: 0 } },
  ])('$code: $end', async ({ code, end }) => {
    expect(await script(code)).toMatchObject(end)
  })

  test('a program that does not exist', async () => {
    await expect(runProgram('no-such-program', [], { env, signal })).rejects.toMatchObject({
      isMissing: true,
    })
  })

  test('one that the system can not start', async () => {
    const path = join(folder, 'without-interpreter')
    writeFileSync(path, '#!/no/such/interpreter\n')
    chmodSync(path, 0o755)
    await expect(runProgram(path, [], { env, signal })).rejects.toBeInstanceOf(ProgramNotStartedError)
  })

  test('an argument that is longer than the system takes', async () => {
    await expect(runProgram('true', ['x'.repeat(131_072)], { env, signal })).rejects.toMatchObject({
      isMissing: false,
    })
  })
})

describe('what it gets', () => {
  test.each([{ words: ['a b', '"c"', "d'e", '$(f)', '\\', '', '--', 'ü'] }, { words: [] }])(
    'arguments as they are: $words',
    async ({ words }) => {
      const { stdout } = await runProgram(
        process.execPath,
        ['--eval', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words],
        { env, signal },
      )
      expect(JSON.parse(stdout)).toEqual(words)
    },
  )

  test('the environment without the inputs of the step', async () => {
    const { stdout } = await script('console.log(JSON.stringify(process.env))', {
      env: { ...env, INPUT_PASSWORD: 'secret', 'INPUT_GITHUB-TOKEN': 'secret', OTHER: 'kept' },
    })
    expect(JSON.parse(stdout)).toMatchObject({ OTHER: 'kept' })
    expect(stdout).not.toContain('secret')
  })

  test('its input, and then its end', async () => {
    expect(await runProgram('cat', [], { env, signal, input: 'ü\n' })).toMatchObject({ stdout: 'ü\n' })
    expect(await runProgram('cat', [], { env, signal })).toMatchObject({ exitCode: 0, stdout: '' })
  })

  test('input that it does not read breaks nothing', async () => {
    const ends = Array.from({ length: 30 }, () =>
      runProgram('true', [], { env, signal, input: 'x'.repeat(1_000_000) }),
    )
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ exitCode: 0 })
  })

  test('the working directory', async () => {
    expect(await runProgram('pwd', [], { env, signal, cwd: folder })).toMatchObject({ stdout: `${folder}\n` })
  })
})

describe('what it says', () => {
  test('comes as it is written, and its end is kept', async () => {
    const pieces: string[] = []
    const result = await script('process.stdout.write("a".repeat(9000)); process.stderr.write("end")', {
      onOutput: text => pieces.push(text),
    })
    expect(pieces.join('')).toHaveLength(9003)
    expect(result.stdout).toBe('a'.repeat(9000))
    expect(result.tail).toHaveLength(8000)
  })

  test('no character is cut in two, though the streams come in pieces', async () => {
    const pieces: string[] = []
    const code = `
      const [one, other] = [process.stdout, process.stderr]
      const bytes = Buffer.from('ü€😀')
      let at = 0
      const next = () => {
        if (at === bytes.length) return
        one.write(bytes.subarray(at, at + 1)); other.write(bytes.subarray(at, at + 1))
        at += 1
        setTimeout(next, 20)
      }
      next()`
    const result = await script(code, { onOutput: text => pieces.push(text) })
    expect(result.stdout).toBe('ü€😀')
    expect([...pieces.join('')].toSorted()).toEqual([...'ü€😀ü€😀'].toSorted())
  })

  test('a character that stops in the middle is shown as broken', async () => {
    const result = await script('process.stdout.write(Buffer.from("ü").subarray(0, 1))')
    expect(result.stdout).toBe('\uFFFD')
  })

  test('what two programs say is kept apart', async () => {
    const says = (text: string) => script(`setTimeout(() => console.log("${text}"), Math.random() * 50)`)
    const results = await Promise.all(['one', 'two', 'three'].map(says))
    expect(results.map(({ stdout }) => stdout)).toEqual(['one\n', 'two\n', 'three\n'])
  })
})

describe('a run that is stopped', () => {
  const stopping = (code: string) => {
    const controller = new AbortController()
    const started = performance.now()
    let said = ''
    const end = script(code, {
      signal: controller.signal,
      onOutput: text => {
        said += text
      },
    }).then(
      () => ({ error: undefined, took: performance.now() - started }),
      (error: unknown) => ({ error, took: performance.now() - started }),
    )
    return { controller, end, said: () => said }
  }
  const reason = new Error('cancelled')

  test('is not begun', async () => {
    await expect(script('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('while it is being started', async () => {
    const { controller, end } = stopping('setTimeout(() => {}, 60000)')
    controller.abort(reason)
    expect(await end).toMatchObject({ error: reason })
  })

  test('ends the program, which may clean up', async () => {
    const { controller, end, said } = stopping(
      'process.on("SIGTERM", () => { console.log("clean"); process.exit(0) }); console.log("up"); setInterval(() => {}, 1000)',
    )
    await vi.waitFor(() => expect(said()).toContain('up'), 10_000)
    controller.abort(reason)
    expect(await end).toMatchObject({ error: reason })
    expect(said()).toContain('clean')
  })

  test.each([{ code: 'process.exit(1)' }, { code: 'process.kill(process.pid, "SIGINT")' }])(
    'holds also if the program has ended by the same signal first: %j',
    async ({ code }) => {
      const onStart = (message: unknown): void => {
        const { process: child } = message as { process: ChildProcess }
        child.once('close', () => setTimeout(() => controller.abort(reason), 5))
      }
      subscribe('child_process', onStart)
      const { controller, end } = stopping(code)
      expect(await end).toMatchObject({ error: reason })
      unsubscribe('child_process', onStart)
    },
  )

  test('kills what does not stop, and what that has started', async () => {
    const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'
    const { controller, end, said } = stopping(`
      const { spawn } = require("node:child_process")
      const below = spawn(process.execPath, ["--eval", ${JSON.stringify(`console.log("up"); ${stubborn}`)}], { stdio: "inherit" })
      console.log(JSON.stringify([process.pid, below.pid]))
      ${stubborn}`)
    await vi.waitFor(() => expect(said()).toMatch(/up/), 10_000)
    const pids: number[] = JSON.parse(/\[.*\]/.exec(said())?.[0] ?? '[]')
    const before = performance.now()
    controller.abort(reason)
    expect(await end).toMatchObject({ error: reason })
    expect(performance.now() - before).toBeGreaterThan(TIME_TO_STOP - 100)
    for (const pid of pids) expect(await runs(pid)).toBe(false)
    expect(pids).toHaveLength(2)
  })

  test('kills what survives the end of the program and holds its output open', async () => {
    const { controller, end, said } = stopping(`
      const { spawn } = require("node:child_process")
      spawn(process.execPath, ["--eval", 'process.on("SIGTERM", () => {}); console.log(process.pid, "up"); setInterval(() => {}, 1000)'], { stdio: "inherit" })
      setInterval(() => {}, 1000)`)
    await vi.waitFor(() => expect(said()).toMatch(/up/), 10_000)
    const pid = Number(/\d+/.exec(said())?.[0])
    controller.abort(reason)
    expect(await end).toMatchObject({ error: reason })
    expect(await runs(pid)).toBe(false)
  })

  test('kills what it starts when it is asked to stop, and ends', async () => {
    const { controller, end, said } = stopping(`
      const { spawn } = require("node:child_process")
      process.on("SIGTERM", () => {
        const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], { stdio: "ignore", detached: true })
        console.log("pid", child.pid)
        setTimeout(() => process.exit(0), 300)
      })
      console.log("up")
      setInterval(() => {}, 1000)`)
    await vi.waitFor(() => expect(said()).toMatch(/up/), 10_000)
    controller.abort(reason)
    expect(await end).toMatchObject({ error: reason })
    const pid = Number(/pid (\d+)/.exec(said())?.[1])
    expect(pid).toBeGreaterThan(0)
    expect(await runs(pid)).toBe(false)
  })
})

test('something that holds the output open delays the end for no longer than the grace', async () => {
  const before = performance.now()
  const result = await script(
    'require("node:child_process").spawn("sleep", ["8"], { stdio: "inherit", detached: true }).unref(); console.log("done")',
  )
  expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' })
  expect(performance.now() - before).toBeLessThan(8_000)
})

test.each([
  { exitCode: 7, says: 'ended with exit status 7' },
  { exitCode: undefined, says: 'was killed' },
])('$says', ({ exitCode, says }) => expect(describeEnd({ exitCode })).toBe(says))
