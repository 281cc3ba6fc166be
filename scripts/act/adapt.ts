import { ownWorkflowsIn } from './actions.ts'
import type { Entry, Run } from './catalogue.ts'
import {
  packageIndexAt,
  type Replaced,
  type Replacement,
  registryAt,
  replaceIn,
  unknownToAct,
} from './replacements.ts'
import { nameOf, readOwn, textOf } from './sources.ts'

/** A run whose workflow is a file of a repository. */
export interface PlacedRun {
  readonly run: Run
  /** The path of the workflow in its repository. */
  readonly workflow: string
}

/** The files of an entry as act gets them; keys are paths in a repository. */
export interface Adapted {
  readonly ofThisRepository: Readonly<Record<string, string>>
  readonly ofTheServices: Readonly<Record<string, string>>
  readonly runs: readonly PlacedRun[]
  readonly replaced: readonly Replaced[]
}

export interface Servers {
  /** The host of the registry. */
  readonly registry: string
  /** The address of the package index. */
  readonly packageIndex: string
}

/** Reads all files of an entry and makes its replacements. */
export const adapt = async (entry: Entry, { registry, packageIndex }: Servers): Promise<Adapted> => {
  const inWorkflows = [...(entry.replace ?? []), ...unknownToAct, registryAt(registry)]
  const ours: Record<string, string> = {}
  const services: Record<string, string> = {}
  const runs: PlacedRun[] = []
  const replaced: Replaced[] = []
  const replace = (name: string, text: string, replacements: readonly Replacement[]): string => {
    const result = replaceIn(name, text, replacements)
    replaced.push(...result.made)
    return result.text
  }
  for (const [number, run] of entry.runs.entries()) {
    const { workflow: source, besides = {}, inThisRepository = false } = run
    const workflow = inThisRepository ? nameOf(source) : `.github/workflows/run-${number}.yaml`
    const folder = inThisRepository ? ours : services
    folder[workflow] = replace(nameOf(source), await textOf(source), inWorkflows)
    for (const [path, other] of Object.entries(besides)) {
      folder[path] = replace(nameOf(other), await textOf(other), inWorkflows)
    }
    const inputs = Object.entries(run.inputs ?? {}).map(
      ([name, value]) => [name, replace(`input ${name}`, value, inWorkflows)] as const,
    )
    runs.push({ run: { ...run, inputs: Object.fromEntries(inputs) }, workflow })
  }
  // A workflow that is called may call others.
  for (let called = ownWorkflowsIn(Object.values(services)); called.length > 0; ) {
    for (const path of called) ours[path] = replace(path, await readOwn(path), inWorkflows)
    called = ownWorkflowsIn(Object.values(ours)).filter(path => !(path in ours))
  }
  ours['action.yml'] = replace('action.yml', await readOwn('action.yml'), [packageIndexAt(packageIndex)])
  return { ofThisRepository: ours, ofTheServices: services, runs, replaced }
}
