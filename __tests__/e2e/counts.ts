import { rm } from 'node:fs/promises'
import type { RegistryRequest } from '../../sandbox/registry.ts'
import type { Bench } from './bench.ts'
import { spyOnDocker } from './docker-spy.ts'
import { requestsTo } from './requests.ts'

/** What one run of the action has cost others: processes of docker, and requests that it sent itself. */
export interface Counts {
  /** The arguments of each. */
  readonly docker: readonly (readonly string[])[]
  /** `METHOD what`, where `what` begins behind the name of the repository. */
  readonly requests: readonly string[]
}

/** The runs that are counted, in an order in which each finds what it needs. */
export const COUNTED = ['plan', 'release', 'release again', 'verify', 'promote', 'build', 'push'] as const
export type Counted = (typeof COUNTED)[number]

const isOurs = ({ userAgent }: RegistryRequest): boolean => userAgent.startsWith('stable-release-action/')

/**
 * Runs every command for a final tag of the service, on a registry that needs no token, and counts. The service
 * must be new. A run that fails is an error.
 */
export const countRuns = async (bench: Bench, service: string): Promise<Record<Counted, Counts>> => {
  const repository = `cmswmcore/${service}`
  const spy = await spyOnDocker(bench.env)
  const ours = async () => (await requestsTo(bench.registry, repository)).filter(isOurs)
  const count = async (tag: string, inputs: { command: string; stable?: string }): Promise<Counts> => {
    const before = { calls: (await spy.calls()).length, requests: (await ours()).length }
    const step = await bench.step({ tag, env: spy.env, with: { service, record: 'false', ...inputs } })
    if (step.exitCode !== 0) throw new Error(`${inputs.command} of ${tag} failed:\n${step.log}`)
    const requests = (await ours()).slice(before.requests)
    return {
      docker: (await spy.calls()).slice(before.calls),
      requests: requests.map(({ method, path }) => `${method} ${path.slice(`/v2/${repository}/`.length)}`),
    }
  }
  try {
    const plan = await count('2.3.4', { command: 'plan' })
    const release = await count('2.3.4', { command: 'release' })
    const again = await count('2.3.4', { command: 'release' })
    const verify = await count('2.3.4', { command: 'verify' })
    await count('2.3.5', { command: 'release', stable: 'on-promotion' })
    const promote = await count('2.3.5', { command: 'promote' })
    const build = await count('2.3.6', { command: 'build' })
    const push = await count('2.3.6', { command: 'push' })
    return { plan, release, 'release again': again, verify, promote, build, push }
  } finally {
    await rm(spy.folder, { recursive: true })
  }
}
