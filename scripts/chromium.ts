import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** In milliseconds. */
const TIMEOUT = 60_000

/** It runs as root, in a container too, and talks to nobody. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

const chromium = async (args: readonly string[]): Promise<string> => {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'))
  try {
    const all = [...FLAGS, `--user-data-dir=${profile}`, ...args]
    const { stdout } = await promisify(execFile)('chromium', all, { timeout: TIMEOUT, maxBuffer: 16_000_000 })
    return stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(
        'there is no chromium in the PATH: install the packages chromium, fonts-liberation and fonts-noto-color-emoji of Debian',
      )
    }
    throw error
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Takes a picture of a page that says its height, in CSS pixels, in the `data-height` of its root.
 *
 * @throws when there is no chromium, or it fails
 */
export const takePicture = async (page: URL, { width, to }: { width: number; to: string }): Promise<void> => {
  const dom = await chromium(['--dump-dom', `--window-size=${width},800`, page.href])
  const [, height] = /<html[^>]* data-height="([0-9]+)"/.exec(dom) ?? []
  if (height === undefined) throw new Error('the page does not say its height')
  await chromium([
    `--window-size=${width},${height}`,
    '--force-device-scale-factor=1.5',
    `--screenshot=${to}`,
    page.href,
  ])
}
