/**
 * Makes docs/images/job-summary.png: releases a sample service with the committed bundle, on an engine and a registry
 * of its own, and takes a picture of the job summary that the run wrote.
 */
import { startBench } from '../__tests__/e2e/bench.ts'
import { pictureOf } from './picture.ts'

const releaseOnce = async (): Promise<string> => {
  const bench = await startBench()
  try {
    const { exitCode, log, summary } = await bench.step({ tag: '2.3.4', with: { service: 'reqmgr2' } })
    if (exitCode !== 0) throw new Error(`the release ended with status ${exitCode}:\n${log}`)
    return summary.replaceAll(bench.registry.host, 'registry.cern.ch')
  } finally {
    await bench.stop()
  }
}

await pictureOf(await releaseOnce(), 'job-summary')
