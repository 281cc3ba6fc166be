import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Entry, Run } from './catalogue.ts'

/** The name of this repository on GitHub. */
const OWN = 'dmwm/stable-release-action'

/** The servers on this machine that stand for those elsewhere. */
export interface Servers {
  /** The host of the registry. */
  readonly registry: string
  /** The host of the registry that stands for Docker Hub. */
  readonly hub: string
  /** The address of the package index. */
  readonly packageIndex: string
}

/** The files of an entry as act gets them; keys are paths in a repository. */
export interface Adapted {
  readonly ofThisRepository: Readonly<Record<string, string>>
  readonly ofTheServices: Readonly<Record<string, string>>
  /** The runs, and the path of each one's workflow in its repository. */
  readonly runs: readonly { readonly run: Run; readonly workflow: string }[]
}

/** Reads all files of an entry, and replaces what act does not know, or what is outside of this machine. */
export async function adapt(
  { runs, leaveOut = /(?!)/ }: Entry,
  { registry, hub, packageIndex }: Servers,
): Promise<Adapted> {
  const adapted = (text: string): string =>
    text
      .replace(leaveOut, '')
      .replaceAll(/\buses: \$\/(\.github\/\S+)/g, `uses: ${OWN}/$1@v1`)
      .replaceAll(/\buses: \$\/(\s)/g, `uses: ${OWN}@v1$1`)
      .replaceAll(/^ *queue: .*\n/gm, '')
      .replaceAll(/\bregistry\.cern\.ch\b|\bghcr\.io\b|\blocalhost:5000\b/g, registry)
      .replaceAll(/\bdocker\.io\b/g, hub)
      .replaceAll('https://pypi.org/simple/', packageIndex)
  const ours: Record<string, string> = { 'action.yml': adapted(await textOf('action.yml')) }
  const services: Record<string, string> = {}
  const placed: { run: Run; workflow: string }[] = []
  for (const [number, run] of runs.entries()) {
    const workflow = run.inThisRepository ? run.workflow : `.github/workflows/run-${number}.yaml`
    const folder = run.inThisRepository ? ours : services
    folder[workflow] = adapted(await textOf(run.workflow))
    if (run.template !== undefined)
      folder['.github/workflows/docker_images_template.yaml'] = adapted(await textOf(run.template))
    placed.push({ run, workflow })
  }
  // A workflow that is called may call others.
  for (let called = ownWorkflowsIn(services); called.length > 0; ) {
    for (const path of called) ours[path] = adapted(await textOf(path))
    called = ownWorkflowsIn(ours).filter(path => !(path in ours))
  }
  return { ofThisRepository: ours, ofTheServices: services, runs: placed }
}

/** The repositories that `uses:` in these files names, each as `owner/name@ref`, and the folders that stand for them, as whole paths. */
export function localRepositories(
  files: Readonly<Record<string, string>>,
  { own, actions }: { own: string; actions: string },
): Record<string, string> {
  const named = Object.values(files).flatMap(text =>
    Array.from(
      text.matchAll(/\buses: ([\w.-]+\/[\w.-]+)(?:\/[^@\s]*)?(@[^\s#]+)/g),
      ([, repository = '', ref]) =>
        [`${repository}${ref}`, repository === OWN ? own : resolve(actions, repository)] as const,
    ),
  )
  return Object.fromEntries(named)
}

/** The reusable workflows of this repository that these files name, as paths in it. */
function ownWorkflowsIn(files: Readonly<Record<string, string>>): string[] {
  return Object.values(files).flatMap(text =>
    Array.from(text.matchAll(/\buses: ([\w.-]+\/[\w.-]+)\/(\.github\/workflows\/[^@\s]+)@/g))
      .filter(([, repository]) => repository === OWN)
      .map(([, , path = '']) => path),
  )
}

/** The text of a workflow, see `Run`. */
async function textOf(workflow: string): Promise<string> {
  if (workflow.includes('\n')) return workflow
  return readFile(join(import.meta.dirname, '../..', workflow), 'utf8')
}
