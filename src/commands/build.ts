import { buildLocally } from '../docker/build.ts'
import { withLogin } from '../docker/login.ts'
import { imageContent, parseLabels } from '../registry/labels.ts'
import { compareSource } from './compare-source.ts'
import { noteOutcome } from './ledger.ts'
import type { BuildRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'

/** Leaves the image in the engine under every fixed tag, as docker.sh build does. */
export async function build(given: BuildRequest, run: Run) {
  const { log } = run
  const { entry, registry } = openTarget(given, run)
  const { request, warnings } = await compareSource(given, run)
  for (const { title, message } of warnings) run.log.warning(title, message)
  Object.assign(entry, imageContent(parseLabels(request.build.labels)))
  const fixed = entry.tags.filter(({ moving }, index) => !moving || index === 0)
  const references = fixed.map(({ reference }) => reference)
  await log.stage(`Build ${references[0]}`, async conclude => {
    const at = { registry: registry.repository.registry, credentials: request.credentials }
    await withLogin(run, at, docker => buildLocally(docker, request.build, references))
    conclude(`built, not pushed: ${fixed.map(({ tag }) => tag).join(', ')}`)
  })
  for (const { tag } of fixed) noteOutcome(entry, tag, 'built')
}
