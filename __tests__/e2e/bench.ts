import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineOptions, type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { makeCheckout } from '../../sandbox/git-checkout.ts'
import { type Registry, type RegistryOptions, startRegistry } from '../../sandbox/registry.ts'
import { type SampleContext, writeSampleContext } from '../../sandbox/sample-context.ts'
import { runStep, type Step, type StepResult } from './action.ts'

export interface BenchOptions {
  readonly engine?: EngineOptions | 'none'
  readonly registry?: RegistryOptions
  readonly context?: SampleContext
}

/** A registry, an engine, and a workspace whose directory `service` can be built. */
export interface Bench {
  readonly registry: Registry
  /** What steps run in: it leads to the engine, or to no docker at all. */
  readonly env: NodeJS.ProcessEnv
  /** Of a bench with an engine. */
  readonly engine: StartedEngine
  readonly workspace: string
  /** Runs a step that has this registry, the project `cmswmcore` and the context of the workspace. */
  step(step: Step): Promise<StepResult>
  stop(): Promise<void>
}

/** An environment without a docker command and without a configuration of docker. */
export const withoutDocker = async (folder: string): Promise<NodeJS.ProcessEnv> => {
  const [bin, home] = [join(folder, 'no-programs'), join(folder, 'no-home')]
  await mkdir(bin)
  await mkdir(home)
  return { PATH: bin, HOME: home, DOCKER_CONFIG: home }
}

export const startBench = async (options: BenchOptions = {}): Promise<Bench> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const workspace = join(folder, 'workspace')
  const registry = await startRegistry(options.registry)
  const engine = options.engine === 'none' ? undefined : await startEngine(options.engine)
  const env = engine?.env ?? (await withoutDocker(folder))
  await writeSampleContext(join(workspace, 'service'), options.context)
  // As WMCore's workflow has it: the Dockerfiles are in another repository than the git tag.
  await makeCheckout(workspace, 'https://github.com/dmwm/CMSKubernetes')
  return {
    registry,
    env,
    get engine(): StartedEngine {
      if (engine === undefined) throw new Error('this bench has no engine')
      return engine
    },
    workspace,
    step: step =>
      runStep({
        workspace,
        env,
        ...step,
        with: { registry: registry.host, project: 'cmswmcore', context: 'service', ...step.with },
      }),
    stop: async () => {
      await Promise.all([registry.stop(), engine?.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
