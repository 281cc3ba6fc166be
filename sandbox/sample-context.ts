import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fetchPrograms } from './programs.ts'

export interface SampleContext {
  /** More lines for the Dockerfile, after those that make the base. */
  lines?: readonly string[]
  /** More files; keys are paths in the context. */
  files?: Readonly<Record<string, string>>
}

/**
 * Writes a build context that needs no network: a Dockerfile whose image consists of busybox, linked statically.
 * A build without network access can run it, as `RUN ["/bin/busybox", …]` with `--network=host`.
 */
export const writeSampleContext = async (
  folder: string,
  { lines = [], files = {} }: SampleContext = {},
): Promise<void> => {
  const { busybox } = await fetchPrograms()
  const dockerfile = ['FROM scratch', 'COPY busybox /bin/busybox', 'ENTRYPOINT ["/bin/busybox"]', ...lines]
  await mkdir(folder, { recursive: true })
  await copyFile(busybox, join(folder, 'busybox'))
  for (const [path, content] of Object.entries({ Dockerfile: `${dockerfile.join('\n')}\n`, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}
