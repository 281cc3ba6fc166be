/**
 * Makes docs/images/job-summary.png: releases a sample service with the committed bundle, on an engine and a registry
 * of its own, and takes a picture of the job summary that the run wrote.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startBench } from '../__tests__/e2e/bench.ts'
import { takePicture } from './chromium.ts'
import { summaryPage } from './summary-page.ts'

const PICTURE = fileURLToPath(new URL('../docs/images/job-summary.png', import.meta.url))

/** In CSS pixels; about what the summary has at GitHub. */
const WIDTH = 960

/** In bytes: it is part of the repository, and of every page that shows the README. */
const LARGEST = 150_000

const releaseOnce = async (): Promise<string> => {
  const bench = await startBench()
  try {
    const { exitCode, log, summary } = await bench.step({ tag: '2.3.4', with: { service: 'reqmgr2' } })
    if (exitCode !== 0) throw new Error(`the release ended with status ${exitCode}:\n${log}`)
    return summary
  } finally {
    await bench.stop()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'picture-'))
try {
  const page = join(folder, 'summary.html')
  await writeFile(page, summaryPage(await releaseOnce()))
  await takePicture(pathToFileURL(page), { width: WIDTH, to: PICTURE })
  const { size } = await stat(PICTURE)
  if (size > LARGEST) throw new Error(`${PICTURE} has ${size} bytes, more than ${LARGEST}`)
  console.log(`${PICTURE}: ${Math.round(size / 1000)} kB`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
