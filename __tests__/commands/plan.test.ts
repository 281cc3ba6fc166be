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
  const request = requestOf(texts, runIn(workspace), {
    mistakes: new Mistakes(),
    log: recordingLog(),
    env: {},
  })
  const ledger = new Ledger()
  if (request.command === 'plan') plan(request, { log: recordingLog(), ledger })
  const [service] = ledger.result?.command === 'plan' ? ledger.result.services : []
  expect(service?.tags.map(({ tag, outcome }) => `${tag} ${outcome}`)).toEqual(outcomes)
})
