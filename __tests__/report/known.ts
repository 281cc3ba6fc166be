import { afterEach, beforeEach, vi } from 'vitest'
import { Ledger, type Result, type ServiceEntry, type TagEntry } from '../../src/commands/ledger.ts'
import { ReleaseError } from '../../src/errors.ts'
import type { PromotionNote } from '../../src/registry/promotion-record.ts'

export const PROJECT = 'registry.cern.ch/cmswmcore'
export const IMAGE = `${PROJECT}/reqmgr2`
export const DIGEST = `sha256:${'ab'.repeat(32)}` as const
export const OTHER = `sha256:${'cd'.repeat(32)}` as const
export const DENIED = new ReleaseError('registry-denied', { what: 'It was refused.', remedy: 'Ask for it.' })

/** A service whose tags have outcomes such as `built, copied, stable moved`; what has no number moves. */
export function serviceOf(name: string, outcomes: string, more: Partial<ServiceEntry> = {}): ServiceEntry {
  const image = `${PROJECT}/${name}`
  const tags = outcomes.split(', ').map((text, index): TagEntry => {
    const [outcome = '', tag = ['2.3.4', '2.3.4-stable', 'latest'][index] ?? ''] = text.split(' ').reverse()
    const kind = { stable: tag.includes('stable'), moving: !tag.includes('.') }
    return { tag, reference: `${image}:${tag}`, ...kind, outcome: outcome as TagEntry['outcome'] }
  })
  return { service: name, image, tags, mirrors: [], ...more }
}

/** What is known of the git tag 2.3.4; of outcomes alone, for the service reqmgr2. */
export function resultOf(command: Result['command'], ...services: (ServiceEntry | string)[]): Result {
  const entries = services.map(each => (typeof each === 'string' ? serviceOf('reqmgr2', each) : each))
  return { command, gitTag: '2.3.4', rule: 'final', reason: 'It is by final.', services: entries }
}

export function ledgerOf(result: Ledger['result']): Ledger {
  return Object.assign(new Ledger(), { result })
}

/** A record that says since when 2.3.4-stable is that. */
export const NOTE: PromotionNote = {
  ...{ destination: `${IMAGE}:2.3.4-stable`, time: '2026-11-24T17:02:11Z', written: true, checks: [] },
  ...{ actor: 'amaltaro', run: undefined, environment: undefined },
}

/** Takes what is written to standard output in each test, with debug logging. */
export function captureOutput(): () => string {
  let text = ''
  beforeEach(() => {
    text = ''
    vi.stubEnv('RUNNER_DEBUG', '1')
    vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
      text += chunk
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    process.exitCode = undefined
  })
  return () => text
}
