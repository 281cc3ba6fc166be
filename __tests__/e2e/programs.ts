import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An environment with these programs alone, each a script of /bin/sh, and a home without a configuration of docker. */
export const withPrograms = async (
  scripts: Readonly<Record<string, string>>,
): Promise<{ readonly env: NodeJS.ProcessEnv; readonly folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'programs-'))
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return { env: { PATH: folder, HOME: folder, DOCKER_CONFIG: folder }, folder }
}
