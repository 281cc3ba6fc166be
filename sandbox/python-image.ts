import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command.ts'
import { findReleases } from './debian.ts'
import type { StartedEngine } from './engine.ts'
import { fetchPackages } from './packages.ts'

/** What neither Python nor pip needs, so that the image comes quickly into an engine. */
const UNNEEDED = [
  'usr/share/doc',
  'usr/share/i18n',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/perl*',
  'usr/share/zoneinfo',
  'usr/lib/*/gconv',
  'usr/lib/*/perl*',
  'usr/bin/perl*',
]

const DOCKERFILE = `FROM scratch
ADD rootfs.tar /
COPY ca-certificates.crt /etc/ssl/certs/
ENV PATH=/usr/local/bin:/usr/bin:/bin PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
`

/** One file of all authorities, as the package's script makes it on a machine; pip does not start without it. */
const certificates = async (root: string): Promise<string> => {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const names = (await readdir(folder)).toSorted()
  return (await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))).join('')
}

/**
 * Builds an image in an engine that has a shell, Python and pip, of the packages of the machine's own release.
 * It is there under `name`, as a base for others, and pip may install into the system (PEP 668).
 */
export const buildPythonImage = async ({ env }: Pick<StartedEngine, 'env'>, name: string): Promise<void> => {
  const root = await fetchPackages({
    release: findReleases().own,
    packages: ['base-files', 'dash', 'python3-minimal', 'python3-pip'],
    dependencies: true,
  })
  const context = await mkdtemp(join(tmpdir(), 'python-image-'))
  try {
    const excluded = UNNEEDED.map(path => `--exclude=./${path}`)
    await run('tar', [
      '--directory',
      root,
      ...excluded,
      '--create',
      '--file',
      join(context, 'rootfs.tar'),
      '.',
    ])
    await writeFile(join(context, 'ca-certificates.crt'), await certificates(root))
    await writeFile(join(context, 'Dockerfile'), DOCKERFILE)
    await run('docker', ['build', '--quiet', '--tag', name, context], { env })
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}
