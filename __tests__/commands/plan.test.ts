import { expect, test } from 'vitest'
import { Ledger } from '../../src/commands/ledger.ts'
import { plan } from '../../src/commands/plan.ts'
import { Mistakes } from '../../src/inputs/mistakes.ts'
import { requestOf } from '../../src/inputs/request.ts'
import { recordingLog } from '../gates/surroundings.ts'
import { runIn, temporaryFolder, textsWith, write } from '../inputs/order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })

test.each([
  { stable: 'on-release', outcomes: ['2.3.4 planned', '2.3.4-stable planned', '2.3 planned'] },
  { stable: 'on-promotion', outcomes: ['2.3.4 planned', '2.3.4-stable withheld', '2.3 planned'] },
])('what a release with stable: $stable would write at once', ({ stable, outcomes }) => {
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
  const texts = textsWith({ command: 'plan', project: 'cmswmcore', policy, stable })
  const request = requestOf(texts, runIn(workspace), { mistakes: new Mistakes(), warn: () => {} })
  if (request.command !== 'plan') throw new Error(`the request is for ${request.command}`)
  const ledger = new Ledger()
  plan(request, { log: recordingLog(), ledger })
  expect(ledger.result).toMatchObject({ command: 'plan', gitTag: '2.3.4', rule: 'final' })
  const [service] = ledger.result?.command === 'plan' ? ledger.result.services : []
  expect(service?.tags.map(({ tag, outcome }) => `${tag} ${outcome}`)).toEqual(outcomes)
  expect(service?.tags[0]?.reference).toBe('ghcr.io/cmswmcore/reqmgr2:2.3.4')
})
