import { afterEach, expect, test, vi } from 'vitest'
import { actionsLog } from '../../src/report/actions-log.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What the log writes to standard output while `use` runs. */
const written = async (use: (log: ReturnType<typeof actionsLog>) => Promise<void>): Promise<string> => {
  const chunks: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    chunks.push(String(chunk))
    return true
  })
  await use(actionsLog(() => 0, vi.fn()))
  return chunks.join('')
}

test.each([
  { what: 'a line that ends', chunks: ['one\n'], shown: 'one\n' },
  { what: 'a line that does not end', chunks: ['one\n', 'two'], shown: 'one\ntwo\n' },
  { what: 'a line in pieces', chunks: ['one', '', '\n'], shown: 'one\n' },
  { what: 'a line that does not end, and an empty piece', chunks: ['one', ''], shown: 'one\n' },
  { what: 'a carriage return', chunks: ['50 %\r'], shown: '50 %\r\n' },
  { what: 'nothing', chunks: [], shown: '' },
])('the runner obeys again after $what', async ({ chunks, shown }) => {
  const output = await written(log =>
    log.foreign(async () => {
      for (const chunk of chunks) log.raw(chunk)
    }),
  )
  const [, token = ''] = /^::stop-commands::(\S+)$/m.exec(output) ?? []
  expect(token).not.toBe('')
  expect(output).toBe(`::stop-commands::${token}\n${shown}::${token}::\n`)
})

test('the runner obeys again after a program that failed in the middle of a line', async () => {
  const output = await written(async log => {
    const failing = log.foreign(async () => {
      log.raw('half a li')
      throw new Error('it broke')
    })
    await expect(failing).rejects.toThrow('it broke')
    await log.foreign(async () => log.raw('whole\n'))
  })
  expect(output.replace(/[0-9a-f-]{36}/g, 'TOKEN')).toBe(
    '::stop-commands::TOKEN\nhalf a li\n::TOKEN::\n::stop-commands::TOKEN\nwhole\n::TOKEN::\n',
  )
})
