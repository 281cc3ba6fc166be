import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Marked } from 'marked'

/** In CSS pixels; about what the summary has at GitHub. */
const WIDTH = 960

/** In bytes: a picture is part of the repository, and of every page that shows it. */
const LARGEST = 300_000

/** The look of a job summary at GitHub, as far as tables, code and headings go. */
const STYLE = `
  * { box-sizing: border-box; }
  body {
    margin: 0; padding: 20px; background: #f6f8fa; color: #1f2328;
    font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Helvetica, Arial, sans-serif;
  }
  main { padding: 20px 24px; background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; }
  h3 { margin: 0 0 14px; font-size: 18px; font-weight: 600; }
  p, pre, table { margin: 0 0 14px; }
  code, pre { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; font-size: 12px; }
  code { padding: 2px 5px; background: #eff1f3; border-radius: 6px; }
  pre { padding: 12px 14px; background: #f6f8fa; border-radius: 6px; }
  pre code { padding: 0; background: none; }
  table { border-collapse: collapse; }
  th, td { padding: 6px 13px; border: 1px solid #d1d9e0; text-align: left; }
  th { font-weight: 600; }
  tbody tr:nth-child(2n) { background: #f6f8fa; }
  summary { margin-bottom: 12px; }
  details table { margin-bottom: 0; }
`

/** What stands in the page's `data-height` once it has been laid out. */
const MEASURE =
  'document.documentElement.dataset.height = Math.ceil(document.body.getBoundingClientRect().height)'

/**
 * Makes docs/images/<name>.png of a job summary, with what it folds unfolded. It needs Debian's packages chromium,
 * fonts-liberation and fonts-noto-color-emoji.
 */
export async function pictureOf(summary: string, name: string): Promise<void> {
  const picture = pathOf(name)
  const folder = await mkdtemp(join(tmpdir(), 'picture-'))
  try {
    const page = join(folder, 'summary.html')
    const content = await new Marked({ gfm: true }).parse(summary)
    await writeFile(
      page,
      `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Job summary</title><style>${STYLE}</style></head>
<body><main>${content.replaceAll('<details>', '<details open>')}</main><script>${MEASURE}</script></body>
</html>
`,
    )
    const run = (height: number | string, ...options: readonly string[]): Promise<string> =>
      chromium([
        `--user-data-dir=${join(folder, 'profile')}`,
        `--window-size=${WIDTH},${height}`,
        ...options,
        pathToFileURL(page).href,
      ])
    const [, height] = / data-height="([0-9]+)"/.exec(await run(800, '--dump-dom')) ?? []
    if (height === undefined) throw new Error('the page does not say its height')
    await run(height, '--force-device-scale-factor=1.5', `--screenshot=${picture}`)
    await requireSmall(picture)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What Chromium asks for itself. */
const OWN = /\.(?:google|googleapis|gvt1)\.com[:/]/

/**
 * Makes docs/images/<name>.png of a page, and of how it is when dark and when narrow pictures in a folder that it names.
 * Throws if the page asks for anything.
 */
export async function lookAtPage(page: string, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  const asked: string[] = []
  // It stands for every server.
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
    .on('connect', ({ url = '' }, socket) => {
      asked.push(url)
      socket.end()
    })
    .listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const look = (picture: string, size: string, ...options: readonly string[]) =>
    chromium([
      `--user-data-dir=${join(folder, 'profile')}`,
      `--proxy-server=http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      ...['--force-device-scale-factor=1.25', `--window-size=${size}`, ...options],
      ...[`--screenshot=${picture}`, 'http://page.example/'],
    ])
  try {
    await look(pathOf(name), '1000,1130')
    await requireSmall(pathOf(name))
    await look(join(folder, 'dark.png'), '1000,1130', '--force-dark-mode')
    await look(join(folder, 'narrow.png'), '400,1100')
    const others = asked.filter(url => url !== 'http://page.example/' && !OWN.test(url))
    if (others.length > 0) throw new Error(`the page asks for ${others.join(', ')}`)
    console.log(`${folder}: dark.png, narrow.png`)
  } finally {
    proxy.closeAllConnections()
    proxy.close()
    await rm(join(folder, 'profile'), { recursive: true, force: true, maxRetries: 5 })
  }
}

function pathOf(name: string) {
  return join(import.meta.dirname, '../docs/images', `${name}.png`)
}

async function requireSmall(picture: string) {
  const { size } = await stat(picture)
  if (size > LARGEST) throw new Error(`${picture} has ${size} bytes, more than ${LARGEST}`)
  console.log(`${picture}: ${Math.round(size / 1000)} kB`)
}

/** Runs it as root, in a container too, and without a network. */
async function chromium(args: readonly string[]): Promise<string> {
  const flags = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  ]
  const { stdout } = await promisify(execFile)('chromium', [...flags, ...args], {
    timeout: 60_000,
    maxBuffer: 16_000_000,
  })
  return stdout
}
