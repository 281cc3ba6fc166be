import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { describeEnd, ProgramNotStartedError, runProgram } from '../../src/process/program.ts'
import { TIME_TO_STOP } from '../../src/process/stop.ts'

const folder = mkdtempSync(join(tmpdir(), 'process-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { signal } = new AbortController()
const { env } = process

/** Runs a script of this test's Node. */
function script(code: string, options: Partial<Parameters<typeof runProgram>[2]> = {}, ...words: string[]) {
  return runProgram(process.execPath, ['--eval', code, '--', ...words], { env, signal, ...options })
}

test.each([
  { code: '', exitCode: 0, says: 'ended with exit status 0' },
  { code: 'process.exit(7)', exitCode: 7, says: 'ended with exit status 7' },
  { code: 'process.kill(process.pid, "SIGKILL")', exitCode: undefined, says: 'was killed' },
  { code: 'console.error("no failure")', exitCode: 0, says: 'ended with exit status 0' },
])('$code $says', async ({ code, exitCode, says }) => {
  const result = await script(code)
  expect(result.exitCode).toBe(exitCode)
  expect(describeEnd(result)).toBe(says)
})

test.each([
  { what: 'that does not exist', program: 'no-such-program', isMissing: true },
  { what: 'that the system can not start', program: join(folder, 'no-interpreter'), isMissing: false },
  // @actions/exec never ends with it.
  {
    what: 'with an argument that is too long',
    program: 'true',
    args: ['x'.repeat(131_072)],
    isMissing: false,
  },
])('a program $what is an error', async ({ program, args = [], isMissing }) => {
  writeFileSync(join(folder, 'no-interpreter'), '#!/no/such/interpreter\n', { mode: 0o755 })
  const error = await runProgram(program, args, { env, signal }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ProgramNotStartedError)
  expect(error).toMatchObject({ isMissing })
})

describe('a program gets', () => {
  test('its arguments as they are', async () => {
    const words = ['a b', '"c"', "d'e", '$(f)', '\\', '', '--', 'ü']
    const { stdout } = await script('console.log(JSON.stringify(process.argv.slice(1)))', {}, ...words)
    expect(JSON.parse(stdout)).toEqual(words)
  })

  test('the environment without the inputs of the step', async () => {
    const { stdout } = await script('console.log(JSON.stringify(process.env))', {
      env: { ...env, INPUT_PASSWORD: 'secret', 'INPUT_GITHUB-TOKEN': 'secret', OTHER: 'kept' },
    })
    expect(JSON.parse(stdout)).toMatchObject({ OTHER: 'kept' })
    expect(stdout).not.toContain('secret')
  })

  test('its input, and then its end, in its directory', async () => {
    const cat = (input?: string) =>
      runProgram('sh', ['-c', 'pwd; cat'], { env, signal, cwd: folder, ...(input && { input }) })
    expect(await cat('ü\n')).toMatchObject({ stdout: `${folder}\nü\n` })
    expect(await cat()).toMatchObject({ exitCode: 0, stdout: `${folder}\n` })
  })

  test('input that it need not read', async () => {
    const input = 'x'.repeat(1_000_000)
    const ends = Array.from({ length: 30 }, () => runProgram('true', [], { env, signal, input }))
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ exitCode: 0 })
  })
})

describe('what a program says', () => {
  test('comes as it is written, and its end is kept', async () => {
    const pieces: string[] = []
    const result = await script('process.stdout.write("a".repeat(9000)); process.stderr.write("end")', {
      onOutput: text => pieces.push(text),
    })
    expect(pieces.join('')).toHaveLength(9003)
    expect(result.stdout).toBe('a'.repeat(9000))
    expect(result.tail).toHaveLength(8000)
  })

  test('has no character that is cut in two, though both streams come in pieces', async () => {
    const pieces: string[] = []
    const code = `
      const bytes = [...Buffer.from('ü€😀'), 0xC3]
      const next = () => {
        if (bytes.length === 0) return
        const byte = Buffer.of(bytes.shift())
        process.stdout.write(byte); process.stderr.write(byte)
        setTimeout(next, 20)
      }
      next()`
    const result = await script(code, { onOutput: text => pieces.push(text) })
    // What stops in the middle is shown as broken.
    expect(result.stdout).toBe('ü€😀\uFFFD')
    expect([...pieces.join('')].toSorted()).toEqual([...'ü€😀\uFFFDü€😀\uFFFD'].toSorted())
  })
})

describe('a run that is stopped', () => {
  const reason = new Error('cancelled')
  const STUBBORN = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"
  /** Starts `STUBBORN`, which holds the output open, and says its number once it is up. */
  const SPAWN = `require('node:child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(`${STUBBORN}; console.log(process.pid, 'up')`)}], { stdio: 'inherit' })`

  function stopping(code: string) {
    const controller = new AbortController()
    let said = ''
    const onOutput = (text: string): void => {
      said += text
    }
    const end = script(code, { signal: controller.signal, onOutput }).catch((error: unknown) => error)
    return {
      controller,
      end,
      said: () => said,
      isUp: () => vi.waitFor(() => expect(said).toMatch(/up/), 30_000),
    }
  }

  /** Whether there is a process; one that has ended and waits for its parent is none. */
  function runs(pid: number): boolean {
    try {
      return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }

  test('is not begun', async () => {
    await expect(script('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('ends while it is being started', async () => {
    const { controller, end } = stopping('setTimeout(() => {}, 60000)')
    controller.abort(reason)
    expect(await end).toBe(reason)
  })

  test('ends the program, which may clean up', async () => {
    const { controller, end, said, isUp } = stopping(
      'process.on("SIGTERM", () => { console.log("clean"); process.exit(0) }); console.log("up"); setInterval(() => {}, 1000)',
    )
    await isUp()
    controller.abort(reason)
    expect(await end).toBe(reason)
    expect(said()).toContain('clean')
  })

  test.each(['process.exit(1)', 'process.kill(process.pid, "SIGINT")'])(
    'holds also if the program has ended by the same signal first: %s',
    async code => {
      const onStart = (message: unknown): void => {
        const { process: child } = message as { process: ChildProcess }
        child.once('close', () => setTimeout(() => controller.abort(reason), 5))
      }
      subscribe('child_process', onStart)
      const { controller, end } = stopping(code)
      expect(await end).toBe(reason)
      unsubscribe('child_process', onStart)
    },
  )

  test.each([
    {
      what: 'what does not stop, and what that has started',
      code: `${STUBBORN}; console.log(process.pid); ${SPAWN}`,
    },
    { what: 'what survives the end of the program', code: `${SPAWN}; setInterval(() => {}, 1000)` },
    {
      what: 'what it starts when it is asked to stop',
      code: `process.on('SIGTERM', () => { ${SPAWN}; setTimeout(() => process.exit(0), 300) }); console.log('up'); setInterval(() => {}, 1000)`,
    },
  ])('kills $what', async ({ code }) => {
    const { controller, end, said, isUp } = stopping(code)
    await isUp()
    const before = performance.now()
    controller.abort(reason)
    expect(await end).toBe(reason)
    expect(performance.now() - before).toBeGreaterThan(TIME_TO_STOP - 100)
    const pids = said().match(/[0-9]+/g) ?? []
    expect(pids.length).toBeGreaterThan(0)
    await vi.waitFor(() => expect(pids.filter(pid => runs(Number(pid)))).toEqual([]), 10_000)
  })
})

describe('this process, once a program has ended,', () => {
  /** Runs a program in a Node of its own, and then some code. */
  function inOwnNode(program: string, code: string) {
    const run = JSON.stringify(new URL('../../src/process/program.ts', import.meta.url))
    const options = '{ env: process.env, signal: new AbortController().signal }'
    return script(
      `import(${run}).then(async ({ runProgram }) => {
        const { stdout } = await runProgram('sh', ['-c', ${JSON.stringify(program)}], ${options})
        ${code}
      })`,
    )
  }

  test('is not kept by what holds its output open', async () => {
    const before = performance.now()
    const result = await inOwnNode('sleep 50 & echo done', 'console.log(stdout)')
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n\n' })
    // In milliseconds: it would take as long as that sleeps.
    expect(performance.now() - before).toBeLessThan(40_000)
  })

  test('is not kept by a timer', async () => {
    const code = "console.log(process.getActiveResourcesInfo().includes('Timeout'))"
    expect(await inOwnNode('true', code)).toMatchObject({ exitCode: 0, stdout: 'false\n' })
  })
})
