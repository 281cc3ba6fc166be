import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { removeLeftBehind, withTemporary } from '../src/temporary.ts'
import { temporaryFolder } from './inputs/order.ts'

const children: ReturnType<typeof spawn>[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process of its own that has a directory with a login; gives back its name. */
const startRun = async (parent: string): Promise<{ name: string; kill: () => Promise<unknown> }> => {
  const script = `
    import { writeFileSync } from 'node:fs'
    import { withTemporary } from '${new URL('../src/temporary.ts', import.meta.url)}'
    await withTemporary('${parent}', async temporary => {
      writeFileSync(temporary + '/config.json', '{}')
      console.log(temporary)
      await new Promise(resolve => setTimeout(resolve, 60_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script])
  children.push(child)
  const [said] = await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  return {
    name: basename(String(said).trim()),
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

test('what a run left behind that was killed is removed, and what another has is not', async () => {
  const parent = temporaryFolder()
  const [killed, running] = [await startRun(parent), await startRun(parent)]
  await killed.kill()
  expect(readdirSync(parent).sort()).toEqual([killed.name, running.name].sort())

  await withTemporary(parent, async temporary => {
    await removeLeftBehind(parent)
    expect(readdirSync(parent).sort()).toEqual([running.name, basename(temporary)].sort())
  })
})

test('what may be of another machine, another container or another program stays', async () => {
  const parent = temporaryFolder()
  const { name, kill } = await startRun(parent)
  await kill()
  const [, machine = '', namespace = '', pid = ''] =
    /^stable-release-(.*)-(\d+)-(\d+)-[0-9a-f-]{36}$/.exec(name) ?? []
  const names = [
    name.replace(machine, `${machine}x`),
    name.replace(`-${namespace}-`, `-${namespace}1-`),
    name.replace(`-${pid}-`, '-x-'),
    'stable-release-record-abcdef',
    `other-${name}`,
  ]
  for (const each of names) mkdirSync(join(parent, each))
  await removeLeftBehind(parent)
  expect(readdirSync(parent).sort()).toEqual(names.sort())
  await expect(removeLeftBehind(join(parent, 'none'))).resolves.toBeUndefined()
})

test('a link is removed, and not what it leads to', async () => {
  const [parent, other] = [temporaryFolder(), temporaryFolder()]
  const { name, kill } = await startRun(parent)
  await kill()
  writeFileSync(join(other, 'file'), '')
  spawnSync('rm', ['-r', join(parent, name)])
  symlinkSync(other, join(parent, name))
  await removeLeftBehind(parent)
  expect([readdirSync(parent), readdirSync(other)]).toEqual([[], ['file']])
})

test.runIf(process.getuid?.() === 0)('what another user has stays, though root could remove it', async () => {
  const parent = temporaryFolder()
  const { name, kill } = await startRun(parent)
  await kill()
  spawnSync('chown', ['65534', join(parent, name)])
  await removeLeftBehind(parent)
  expect(readdirSync(parent)).toEqual([name])
})
