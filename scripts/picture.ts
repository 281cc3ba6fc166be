import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { takePicture } from './chromium.ts'
import { summaryPage } from './summary-page.ts'

/** In CSS pixels; about what the summary has at GitHub. */
const WIDTH = 960

/** In bytes: a picture is part of the repository, and of every page that shows it. */
const LARGEST = 300_000

/** Makes docs/images/<name>.png of a job summary, and says how large it is. Throws if it is too large. */
export const pictureOf = async (summary: string, name: string): Promise<void> => {
  const picture = fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'picture-'))
  try {
    const page = join(folder, 'summary.html')
    await writeFile(page, summaryPage(summary))
    await takePicture(pathToFileURL(page), { width: WIDTH, to: picture })
    const { size } = await stat(picture)
    if (size > LARGEST) throw new Error(`${picture} has ${size} bytes, more than ${LARGEST}`)
    console.log(`${picture}: ${Math.round(size / 1000)} kB`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
